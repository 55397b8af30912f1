// Training and evaluation of R dense networks, behind a plain C interface.
#include "dense.h"

#include <memory>

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace {

constexpr Index EVALUATED_TOGETHER = 96;  // examples
constexpr Index BLOCK = 32768;  // entries of a gradient that stay in the second cache

inline Index rows_together(Index out) { return std::max<Index>(8 * TILE_ROWS, BLOCK / out); }

// The training of one replica after another by a team, with its gradients and the losses of a batch.
template <typename T>
class Training {
  public:
    Training(const Network& net, const Steps& steps, Index batch_size, int members)
        : net_(net), steps_(steps), team_(members), pass_(net, batch_size, true), losses_(batch_size) {
        Index block = 0;
        for (Index l = 0; l < net.num_layers; ++l) {
            const Index in = net.widths[l], out = net.widths[l + 1];
            biases_.emplace_back(out);
            if (any_clips()) weights_.emplace_back(in * out);
            if (any_clips()) squares_.emplace_back(in);
            block = std::max(block, std::min(in, rows_together(out)) * out);
        }
        blocks_.assign(members, std::vector<T>(block));
    }

    // Choose the replica of the following run; one member calls this.
    void choose(Index replica) {
        replica_ = replica;
        pass_.choose(replica);
    }

    // Take every step; all members of the team call this together.
    void run(int member, T* panel) {
        for (Index s = 0; s < steps_.count; ++s) {
            const double lr = steps_.lrs[s * net_.num_replicas + replica_];
            if (std::isnan(lr)) continue;
            const Index size = steps_.sizes[s];
            const Index first = team_.part(size, member), last = team_.part(size, member + 1);
            gather(s, first, last);
            pass_.forward(first, last, panel, dropout_key(s));
            for (Index i = first; i < last; ++i) losses_[i] = example(s, i);
            through_activation(net_.output_activation, pass_.delta().back(), pass_.a().back(), first, last);
            pass_.backward(first, last, panel);
            team_.meet();
            if (member == 0) write_loss(s);
            update_layers(member, size, lr, steps_.done + s + 1, panel);
            if (clips()) clip_and_update(member, lr, steps_.done + s + 1);
            team_.meet();
        }
    }

  private:
    std::uint64_t dropout_key(Index s) const {
        return own().dropout > 0 ? random_bits(net_.dropout_keys[replica_], steps_.done + s) : 0;
    }

    Index row(Index s, Index i) const {
        return steps_.rows[replica_ * steps_.rows_per_replica + steps_.starts[s] + i];
    }

    void gather(Index s, Index first, Index last) {
        const Index width = net_.widths[0];
        for (Index i = first; i < last; ++i) {
            T* inputs = pass_.a()[0][i];
            if (!steps_.is_pixels) {
                std::copy_n(static_cast<const T*>(steps_.examples) + row(s, i) * width, width, inputs);
                continue;
            }
            const auto* pixels = static_cast<const std::uint8_t*>(steps_.examples) + row(s, i) * width;
            for (Index j = 0; j < width; ++j) inputs[j] = T(pixels[j]) / 255;
        }
    }

    // Write dC/da of the last layer for one example, and return its part of the mean loss.
    T example(Index s, Index i) {
        const Index size = net_.widths[net_.num_layers];
        const T* outputs = pass_.a().back()[i];
        T* delta = pass_.delta().back()[i];
        Target<T> target{-1, T(0), T(own().label_smoothing), static_cast<const T*>(net_.class_weight)};
        if (steps_.has_classes) target.label = static_cast<const Index*>(steps_.targets)[row(s, i)];
        else target.value = static_cast<const T*>(steps_.targets)[row(s, i)];
        const T loss = loss_and_delta(net_.loss, outputs, target, delta, size);
        const T weight = target.weight() / T(steps_.sizes[s]);
        each(delta, size, [weight](T d) { return d * weight; });
        return loss * weight;
    }

    void write_loss(Index s) {
        double sum = 0;
        for (Index i = 0; i < steps_.sizes[s]; ++i) sum += losses_[i];
        steps_.losses[s * net_.num_replicas + replica_] = sum;
    }

    // Compute the member's rows of dC/dW (BP4) and entries of dC/db (BP3), and update their parameters,
    // block by block while the gradients are in the cache; with clipping, only compute them.
    void update_layers(int member, Index size, double lr, Index step, T* panel) {
        for (std::size_t l = 0; l < biases_.size(); ++l) {
            const Layer& layer = pass_.layers()[l];
            Rows<T>& delta = pass_.delta()[l];
            const Index last = team_.part(layer.in, member + 1), block = rows_together(layer.out);
            for (Index k = team_.part(layer.in, member); k < last; k += block) {
                const Index rows = std::min(block, last - k);
                T* gradient = clips() ? weights_[l].data() + k * layer.out : blocks_[member].data();
                multiply(pass_.a()[l].transposed().from(k, 0), delta.matrix(), {gradient, layer.out, nullptr, 0},
                         rows, size, layer.out, panel);
                if (!clips()) move(layer.weight + k * layer.out, gradient, rows * layer.out, lr, step);
            }
            const Index first = team_.part(layer.out, member), end = team_.part(layer.out, member + 1);
            T* bias = biases_[l].data();
            std::fill(bias + first, bias + end, T(0));
            for (Index i = 0; i < size; ++i) each(bias + first, delta[i] + first, end - first, std::plus<T>());
            if (!clips()) move(layer.bias + first, bias + first, end - first, lr, step);
        }
    }

    const Options& own() const { return net_.options[replica_]; }
    bool clips() const { return own().clip_norm > 0; }
    bool any_clips() const {
        return any_of(net_, [](const Options& own) { return own.clip_norm > 0; });
    }

    // Scale each member's rows of the gradient down to clip_norm, as torch's clip_grad_norm_ does, and
    // update their parameters.
    void clip_and_update(int member, double lr, Index step) {
        for (std::size_t l = 0; l < biases_.size(); ++l) {
            const Layer& layer = pass_.layers()[l];
            for (Index k = team_.part(layer.in, member); k < team_.part(layer.in, member + 1); ++k) {
                squares_[l][k] = sum_of_squares(weights_[l].data() + k * layer.out, layer.out);
            }
        }
        team_.meet();
        const T factor = clipping();
        team_.meet();  // before anyone scales what others read
        for (std::size_t l = 0; l < biases_.size(); ++l) {
            const Layer& layer = pass_.layers()[l];
            const Index k = team_.part(layer.in, member) * layer.out;
            clip(layer.weight, weights_[l], k, team_.part(layer.in, member + 1) * layer.out, factor, lr, step);
            const Index first = team_.part(layer.out, member), last = team_.part(layer.out, member + 1);
            clip(layer.bias, biases_[l], first, last, factor, lr, step);
        }
    }

    void clip(Index start, std::vector<T>& gradient, Index first, Index last, T factor, double lr, Index step) {
        each(gradient.data() + first, last - first, [factor](T g) { return g * factor; });
        move(start + first, gradient.data() + first, last - first, lr, step);
    }

    static double sum_of_squares(const T* values, Index count) {
        double sum = 0;
        for (Index i = 0; i < count; ++i) sum += double(values[i]) * values[i];
        return sum;
    }

    T clipping() const {
        double sum = 0;
        for (std::size_t l = 0; l < biases_.size(); ++l) {
            for (const double square : squares_[l]) sum += square;
            sum += sum_of_squares(biases_[l].data(), Index(biases_[l].size()));
        }
        const double factor = own().clip_norm / (std::sqrt(sum) + 1e-6);
        return T(factor > 1 ? 1 : factor);
    }

    static T* at(void* values, Index start) { return values ? static_cast<T*>(values) + start : nullptr; }

    void move(Index start, const T* gradient, Index count, double lr, Index step) {
        const Moments<T> moments{at(net_.first_moment, start), at(net_.second_moment, start)};
        update(net_, own(), lr, step, static_cast<T*>(net_.parameters) + start, gradient, moments, count);
    }

    const Network& net_;
    const Steps& steps_;
    Team team_;
    Index replica_ = 0;
    Pass<T> pass_;
    std::vector<T> losses_;
    std::vector<std::vector<T>> weights_, biases_, blocks_;  // gradients; blocks_: one for each member
    std::vector<std::vector<double>> squares_;
};

// Threads take replicas one after another; if there are more threads, teams of them share a replica.
template <typename T>
void train(const Network& net, const Steps& steps) {
    const Index batch_size = *std::max_element(steps.sizes, steps.sizes + steps.count);
    const int num_teams = int(std::min<Index>(steps.num_threads, net.num_replicas));
    std::vector<std::unique_ptr<Training<T>>> teams;
    std::vector<std::vector<T>> panels;
    std::atomic<Index> next{0};
    const auto prepare = [&](int threads) {
        panels.assign(threads, std::vector<T>(PANEL_SIZE<T>));
        for (int t = 0; t < std::min(threads, num_teams); ++t) {
            const int members = threads / num_teams + (t < threads % num_teams);
            teams.push_back(std::make_unique<Training<T>>(net, steps, batch_size, std::max(members, 1)));
            teams.back()->choose(t);
        }
    };
    in_threads(steps.num_threads, prepare, [&](int index, int threads) {
        T* panel = panels[index].data();
        if (threads > net.num_replicas) return teams[index % num_teams]->run(index / num_teams, panel);
        for (Index r = next++; r < net.num_replicas; r = next++) {
            teams[index]->choose(r);
            teams[index]->run(0, panel);
        }
    });
}

template <typename T>
void predict(const Network& net, const Batch& batch) {
    const Index width = net.widths[0], num_outputs = net.widths[net.num_layers];
    const Index blocks = (batch.size + EVALUATED_TOGETHER - 1) / EVALUATED_TOGETHER;
    std::vector<std::vector<T>> panels;
    std::vector<Pass<T>> passes;
    std::atomic<Index> next{0};
    const auto prepare = [&](int threads) {
        panels.assign(threads, std::vector<T>(PANEL_SIZE<T>));
        for (int t = 0; t < threads; ++t) passes.emplace_back(net, EVALUATED_TOGETHER, false);
    };
    in_threads(batch.num_threads, prepare, [&](int index, int) {
        Pass<T>& pass = passes[index];
        for (Index task = next++; task < net.num_replicas * blocks; task = next++) {
            const Index r = task / blocks, first = task % blocks * EVALUATED_TOGETHER;
            const Index size = std::min(EVALUATED_TOGETHER, batch.size - first);
            const T* inputs = static_cast<const T*>(batch.inputs);
            inputs += ((batch.is_varied ? r * batch.size : 0) + first) * width;
            for (Index i = 0; i < size; ++i) std::copy_n(inputs + i * width, width, pass.a()[0][i]);
            pass.choose(r);
            pass.forward(0, size, panels[index].data());
            T* outputs = static_cast<T*>(batch.outputs) + (r * batch.size + first) * num_outputs;
            for (Index i = 0; i < size; ++i) {
                std::copy_n(pass.a().back()[i], num_outputs, outputs + i * num_outputs);
            }
        }
    });
}

// Return 0, or 1 without enough memory.
template <typename Work>
int guarded(Work work) {
    try {
        work();
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

}  // namespace

EXPORT int nnlab_train(const Network* net, const Steps* steps) {
    return guarded([&] { net->is_double ? train<double>(*net, *steps) : train<float>(*net, *steps); });
}

EXPORT int nnlab_predict(const Network* net, const Batch* batch) {
    return guarded([&] { net->is_double ? predict<double>(*net, *batch) : predict<float>(*net, *batch); });
}

// Return what the processor has, whatever this library was compiled for: 0 the baseline, 1 AVX2 and FMA,
// 2 AVX-512 (F, DQ, VL and BW) too.
EXPORT int nnlab_instruction_level() {
#if defined(__GNUC__) && defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
    const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return has_avx512 ? 2 : 1;
#else
    return 0;
#endif
}
