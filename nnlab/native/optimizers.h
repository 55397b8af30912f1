// The update rules of torch.optim, weight by weight.
#pragma once
#include <cmath>

#include "interface.h"

template <typename T>
struct Moments {
    T *first, *second;
};

// w -= lr v, with v <- momentum v + g (Nesterov: w -= lr (g + momentum v)).
template <typename T>
void sgd(const Options& own, bool nesterov, T lr, T* w, const T* g, Moments<T> moments, Index count) {
    const T decay = T(own.weight_decay), momentum = T(own.momentum);
    if (momentum == 0) {
        for (Index i = 0; i < count; ++i) w[i] -= lr * (g[i] + decay * w[i]);
        return;
    }
    for (Index i = 0; i < count; ++i) {
        const T gradient = g[i] + decay * w[i];
        const T v = moments.first[i] = momentum * moments.first[i] + gradient;
        w[i] -= lr * (nesterov ? gradient + momentum * v : v);
    }
}

// Algorithm 1 of Kingma and Ba (2015); AdamW decays the weights themselves (Loshchilov and Hutter 2019).
template <typename T>
void adam(const Options& own, bool is_decoupled, double lr, Index step, T* w, const T* g, Moments<T> moments,
          Index count) {
    const T decay = T(is_decoupled ? 0 : own.weight_decay);
    const T kept = T(is_decoupled ? 1 - lr * own.weight_decay : 1);
    const T beta1 = T(own.beta1), beta2 = T(own.beta2), eps = T(own.eps);
    const T other1 = T(1 - own.beta1), other2 = T(1 - own.beta2);
    const T size = T(lr / (1 - std::pow(own.beta1, double(step))));
    const T root = T(1 / std::sqrt(1 - std::pow(own.beta2, double(step))));
    for (Index i = 0; i < count; ++i) {
        const T gradient = g[i] + decay * w[i];
        const T m = moments.first[i] = beta1 * moments.first[i] + other1 * gradient;
        const T v = moments.second[i] = beta2 * moments.second[i] + other2 * gradient * gradient;
        w[i] = kept * w[i] - size * m / (std::sqrt(v) * root + eps);
    }
}

// w -= lr g / (sqrt(v) + eps), with v a running mean of g^2; with momentum, b <- momentum b + that.
template <typename T>
void rmsprop(const Options& own, T lr, T* w, const T* g, Moments<T> moments, Index count) {
    const T decay = T(own.weight_decay), momentum = T(own.momentum), eps = T(own.eps);
    const T alpha = T(own.beta2), other = T(1 - own.beta2);
    for (Index i = 0; i < count; ++i) {
        const T gradient = g[i] + decay * w[i];
        const T v = moments.second[i] = alpha * moments.second[i] + other * gradient * gradient;
        T update = gradient / (std::sqrt(v) + eps);
        if (momentum > 0) update = moments.first[i] = momentum * moments.first[i] + update;
        w[i] -= lr * update;
    }
}

// w -= lr g / (sqrt(v) + eps), with v the sum of all g^2.
template <typename T>
void adagrad(const Options& own, T lr, T* w, const T* g, Moments<T> moments, Index count) {
    const T decay = T(own.weight_decay), eps = T(own.eps);
    for (Index i = 0; i < count; ++i) {
        const T gradient = g[i] + decay * w[i];
        const T v = moments.second[i] += gradient * gradient;
        w[i] -= lr * gradient / (std::sqrt(v) + eps);
    }
}

template <typename T>
void update(const Network& net, const Options& own, double lr, Index step, T* w, const T* g, Moments<T> moments,
            Index count) {
    switch (net.optimizer) {
        case SGD: return sgd(own, net.nesterov, T(lr), w, g, moments, count);
        case RMSPROP: return rmsprop(own, T(lr), w, g, moments, count);
        case ADAGRAD: return adagrad(own, T(lr), w, g, moments, count);
        default: return adam(own, net.optimizer == ADAMW, lr, step, w, g, moments, count);
    }
}
