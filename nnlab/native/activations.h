// Activations s and their derivatives. What is not a number stays so, and shows that training diverged.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>

#include "interface.h"

// The exponential by exp(x) = 2^n exp(r), with n the integer nearest to x / log 2, and Taylor's series.
template <typename T>
struct Exponential;
template <>
struct Exponential<float> {
    using Bits = std::uint32_t;
    static constexpr int DEGREE = 7, FRACTION_BITS = 23, BIAS = 127;
    static constexpr float LOWEST = -87, HIGHEST = 88;
    static constexpr float LOG2_HIGH = 0x1.62e4p-1f, LOG2_LOW = 0x1.7f7d1cp-20f;
};
template <>
struct Exponential<double> {
    using Bits = std::uint64_t;
    static constexpr int DEGREE = 13, FRACTION_BITS = 52, BIAS = 1023;
    static constexpr double LOWEST = -708, HIGHEST = 709;
    static constexpr double LOG2_HIGH = 0x1.62e42feep-1, LOG2_LOW = 0x1.a39ef35793c76p-33;
};

// exp(x) - offset, for an offset of 0 or 1; without cancellation near 0.
template <typename T>
inline T exp_minus(T x, T offset) {
    using E = Exponential<T>;
    x = x < E::LOWEST ? E::LOWEST : x;
    x = x > E::HIGHEST ? E::HIGHEST : x;
    const T shift = T(3) * (typename E::Bits(1) << (E::FRACTION_BITS - 1));  // its ulp is 1
    const T shifted = x * T(1.4426950408889634) + shift;
    const T n = shifted - shift;
    const T r = (x - n * E::LOG2_HIGH) - n * E::LOG2_LOW;
    T series = 1;
    for (int k = E::DEGREE; k > 1; --k) series = 1 + r * (T(1) / T(k)) * series;
    typename E::Bits bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + E::BIAS) << E::FRACTION_BITS;
    T power;
    std::memcpy(&power, &bits, sizeof power);
    return power * (r * series) + (power - offset);
}

template <typename T>
inline T tanh_of(T x) {
    const T e = exp_minus(2 * std::abs(x), T(1));
    return std::copysign(e / (e + 2), x);
}

template <typename T>
inline T normal_cdf(T z) {
    return (1 + std::erf(z * T(0.7071067811865476))) / 2;
}

template <typename T, typename F>
inline void each(T* values, Index count, F f) {
    for (Index i = 0; i < count; ++i) values[i] = f(values[i]);
}

template <typename T, typename F>
inline void each(T* values, const T* others, Index count, F f) {
    for (Index i = 0; i < count; ++i) values[i] = f(values[i], others[i]);
}

// a = s(z), in place.
template <typename T>
void activate(int activation, T* z, Index count) {
    switch (activation) {
        case RELU: return each(z, count, [](T x) { return x < 0 ? T(0) : x; });
        case LEAKY_RELU: return each(z, count, [](T x) { return x < 0 ? T(0.01) * x : x; });
        case ELU: return each(z, count, [](T x) { return x < 0 ? exp_minus(x, T(1)) : x; });
        case GELU: return each(z, count, [](T x) { return x * normal_cdf(x); });
        case TANH: return each(z, count, tanh_of<T>);
        case SIGMOID: return each(z, count, [](T x) { return 1 / (1 + exp_minus(-x, T(0))); });
        case SOFTMAX: {
            const T highest = *std::max_element(z, z + count);
            each(z, count, [highest](T x) { return exp_minus(x - highest, T(0)); });
            T sum = 0;
            for (Index i = 0; i < count; ++i) sum += z[i];
            each(z, count, [sum](T x) { return x / sum; });
        }
    }
}

template <typename T>
inline T gelu_slope(T z) {
    return normal_cdf(z) + z * exp_minus(-z * z / 2, T(0)) * T(0.3989422804014327);
}

// delta *= s'(z), given a = s(z); for GELU, given z.
template <typename T>
void through_activation(int activation, T* delta, const T* a, Index count) {
    switch (activation) {
        case RELU: return each(delta, a, count, [](T d, T y) { return y <= 0 ? T(0) : d; });
        case LEAKY_RELU: return each(delta, a, count, [](T d, T y) { return y <= 0 ? T(0.01) * d : d; });
        case ELU: return each(delta, a, count, [](T d, T y) { return y <= 0 ? d * (y + 1) : d; });
        case GELU: return each(delta, a, count, [](T d, T z) { return d * gelu_slope(z); });
        case TANH: return each(delta, a, count, [](T d, T y) { return d * (1 - y * y); });
        case SIGMOID: return each(delta, a, count, [](T d, T y) { return d * y * (1 - y); });
        case SOFTMAX: {  // the Jacobian of softmax: a * (delta - sum(delta * a))
            T sum = 0;
            for (Index i = 0; i < count; ++i) sum += delta[i] * a[i];
            return each(delta, a, count, [sum](T d, T y) { return y * (d - sum); });
        }
    }
}
