// Losses of one example, with their derivatives (BP1).
#pragma once
#include "activations.h"

// What an example should give: a class with smoothed and weighted probabilities, or a number.
template <typename T>
struct Target {
    Index label;  // -1: a number
    T value, smoothing;
    const T* class_weight;  // or null
    T at(Index c, Index num_classes) const {
        if (label < 0) return value;
        const T truth = (c == label ? 1 - smoothing : T(0)) + smoothing / num_classes;
        return smoothing > 0 && class_weight ? truth * class_weight[c] : truth;
    }
    // Smoothed targets are multiplied by the class weights; others weigh the whole example.
    T weight() const { return class_weight && !(smoothing > 0) ? class_weight[label] : T(1); }
};

// -sum(t log softmax(o)); its derivative is sum(t) softmax(o) - t.
template <typename T>
T cross_entropy(const T* outputs, const Target<T>& target, T* delta, Index size) {
    const T highest = *std::max_element(outputs, outputs + size);
    T sum = 0, total = 0, loss = 0;
    for (Index c = 0; c < size; ++c) delta[c] = exp_minus(outputs[c] - highest, T(0));
    for (Index c = 0; c < size; ++c) sum += delta[c];
    const T log_sum = std::log(sum) + highest;
    for (Index c = 0; c < size; ++c) {
        const T truth = target.at(c, size);
        total += truth;
        if (truth > 0) loss += truth * (log_sum - outputs[c]);
    }
    for (Index c = 0; c < size; ++c) delta[c] = delta[c] * (total / sum) - target.at(c, size);
    return loss;
}

// scale |o - y|^2; its derivative is 2 scale (o - y).
template <typename T>
T squared_error(const T* outputs, const Target<T>& target, T* delta, Index size, T scale) {
    T loss = 0;
    for (Index c = 0; c < size; ++c) {
        const T error = outputs[c] - target.at(c, size);
        loss += scale * error * error;
        delta[c] = 2 * scale * error;
    }
    return loss;
}

template <typename T>
T loss_and_delta(int loss, const T* outputs, const Target<T>& target, T* delta, Index size) {
    if (loss == CROSS_ENTROPY) return cross_entropy(outputs, target, delta, size);
    return squared_error(outputs, target, delta, size, loss == MSE ? T(1) : T(0.5));
}
