// Dense networks trained by back-propagation (Nielsen 2015, chapter 2):
//
//   z_l = a_{l-1} W_l + b_l                a_l = s(z_l)
//   delta_L = dC/dz_L                      delta_{l-1} = (delta_l W_l^T) * s'(z_{l-1})
//   dC/dW_l = a_{l-1}^T delta_l            dC/db_l = sum over examples of delta_l
//
// Each member of a team takes examples forward and back, then rows of W: no sum is ever divided.
#pragma once
#include "losses.h"
#include "matmul.h"
#include "optimizers.h"
#include "team.h"

// SplitMix64 (Steele, Lea and Flood 2014) as a function of a counter.
inline std::uint64_t random_bits(std::uint64_t key, std::uint64_t counter) {
    std::uint64_t x = key + counter * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// Return whether the options of a replica have something.
template <typename Has>
bool any_of(const Network& net, Has has) {
    return std::any_of(net.options, net.options + net.num_replicas, has);
}

// One layer of one replica: where its parameters are, from the start of all of them.
struct Layer {
    Index in, out, weight, bias;
};

// The passes of a replica, with the memory of its batches.
template <typename T>
class Pass {
  public:
    Pass(const Network& net, Index batch_size, bool trains)
        : net_(net), layers_(net.num_layers), parameters_(static_cast<T*>(net.parameters)) {
        const bool any_drops = trains && any_of(net, [](const Options& own) { return own.dropout > 0; });
        a_.emplace_back(batch_size, net.widths[0]);
        for (Index l = 1; l <= net.num_layers; ++l) {
            const Index width = net.widths[l];
            a_.emplace_back(batch_size, width);
            if (!trains) continue;
            delta_.emplace_back(batch_size, width);
            if (net.activation == GELU || any_drops) kept_.emplace_back(batch_size, width);
            if (any_drops) mask_.emplace_back(batch_size, width);
        }
    }

    // Use the parameters of a replica from now on.
    void choose(Index replica) {
        if (net_.options) dropout_ = net_.options[replica].dropout;
        Index start = 0;
        for (Index l = 0; l < net_.num_layers; ++l) {
            const Index in = net_.widths[l], out = net_.widths[l + 1];
            const Index bias = start + net_.num_replicas * in * out;
            layers_[l] = {in, out, start + replica * in * out, bias + replica * out};
            start = bias + net_.num_replicas * out;
        }
    }

    std::vector<Rows<T>>& a() { return a_; }
    std::vector<Rows<T>>& delta() { return delta_; }
    const std::vector<Layer>& layers() const { return layers_; }

    // Compute the outputs of examples [first, last).
    void forward(Index first, Index last, T* panel, std::uint64_t dropout_key = 0) {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const Layer& layer = layers_[l];
            const bool is_hidden = l + 1 < layers_.size();
            Rows<T>& a = a_[l + 1];
            multiply(a_[l].matrix(first), weight(layer), a.result(first, parameters_ + layer.bias),
                     last - first, layer.in, layer.out, panel);
            if (is_hidden && keeps_z()) keep(l, first, last);
            activate(is_hidden ? net_.activation : net_.output_activation, a, first, last);
            if (!is_hidden || !drops()) continue;
            if (!keeps_z()) keep(l, first, last);
            for (Index i = first; i < last; ++i) drop(a[i], mask_[l][i], dropout_key, l, i, layer.out);
        }
    }

    // Compute delta of all layers for examples [first, last), from that of the last layer.
    void backward(Index first, Index last, T* panel) {
        for (std::size_t l = layers_.size() - 1; l > 0; --l) {
            const Layer& layer = layers_[l];
            Rows<T>& below = delta_[l - 1];
            multiply(delta_[l].matrix(first), transposed(layer), below.result(first),
                     last - first, layer.out, layer.in, panel);
            if (drops()) each(below, mask_[l - 1], first, last, [](T d, T m) { return d * m; });
            through_activation(net_.activation, below, keeps_z() || drops() ? kept_[l - 1] : a_[l], first, last);
        }
    }

  private:
    Matrix<T> weight(const Layer& layer) const { return {parameters_ + layer.weight, layer.out, 1}; }
    Matrix<T> transposed(const Layer& layer) const { return {parameters_ + layer.weight, 1, layer.out}; }

    bool drops() const { return dropout_ > 0 && !mask_.empty(); }
    bool keeps_z() const { return net_.activation == GELU && !kept_.empty(); }

    void keep(std::size_t l, Index first, Index last) {
        each(kept_[l], a_[l + 1], first, last, [](T, T y) { return y; });
    }

    // Set each unit to zero with the probability of dropout, and scale the others by 1 / (1 - p).
    void drop(T* a, T* mask, std::uint64_t key, Index l, Index i, Index width) {
        const T scale = T(1 / (1 - dropout_));
        const auto limit = std::uint64_t(dropout_ * 0x1p53);
        const std::uint64_t first = (std::uint64_t(l) << 48) + std::uint64_t(i) * width;
        for (Index j = 0; j < width; ++j) {
            mask[j] = (random_bits(key, first + j) >> 11) < limit ? T(0) : scale;
        }
        each(a, mask, width, [](T y, T m) { return y * m; });
    }

    const Network& net_;
    std::vector<Layer> layers_;
    T* parameters_;
    double dropout_ = 0;
    // a_[0]: the inputs. kept_: z for GELU, whose derivative is no function of a, or a before dropout.
    std::vector<Rows<T>> a_, delta_, kept_, mask_;
};
