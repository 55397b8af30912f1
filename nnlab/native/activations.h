// Activations s and their derivatives. What is not a number stays so, and shows that training diverged.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>

#include "rows.h"

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
constexpr bool HAS_FMA = true;
#else
constexpr bool HAS_FMA = false;
#endif

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

// a b + c, rounded once where the processor can.
inline float fused(float a, float b, float c) { return HAS_FMA ? std::fma(a, b, c) : a * b + c; }
inline double fused(double a, double b, double c) { return HAS_FMA ? std::fma(a, b, c) : a * b + c; }

template <typename T, int K>
constexpr T inverse_factorial = inverse_factorial<T, K - 1> / K;
template <typename T>
constexpr T inverse_factorial<T, 0> = 1;

// 1 / K! + r / (K + 1)! + ... to the degree of the exponential.
template <typename T, int K>
inline T series(T r) {
    if constexpr (K == Exponential<T>::DEGREE) return inverse_factorial<T, K>;
    else return fused(series<T, K + 1>(r), r, inverse_factorial<T, K>);
}

// exp(x) - offset, for an offset of 0 or 1; without cancellation near 0.
template <typename T>
inline T exp_minus(T x, T offset) {
    using E = Exponential<T>;
    x = x < E::LOWEST ? E::LOWEST : x;
    x = x > E::HIGHEST ? E::HIGHEST : x;
    const T shift = T(3) * (typename E::Bits(1) << (E::FRACTION_BITS - 1));  // its ulp is 1
    const T shifted = fused(x, T(1.4426950408889634), shift);
    const T n = shifted - shift;
    const T r = fused(-n, E::LOG2_LOW, fused(-n, E::LOG2_HIGH, x));
    typename E::Bits bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + E::BIAS) << E::FRACTION_BITS;
    T power;
    std::memcpy(&power, &bits, sizeof power);
    return fused(power, r * series<T, 1>(r), power - offset);
}

template <typename T>
inline T tanh_of(T x) {
    const T e = exp_minus(2 * std::abs(x), T(1));
    return std::copysign(e / (e + 2), x);
}

template <typename T>
inline T elu(T x) {
    return (x < 0 ? T(0) : x) + exp_minus(x > 0 ? T(0) : x, T(1));
}

template <typename T>
inline T normal_cdf(T z) {
    return (1 + std::erf(z * T(0.7071067811865476))) / 2;
}

template <typename T>
void softmax(T* z, Index count) {
    const T highest = *std::max_element(z, z + count);
    each(z, count, [highest](T x) { return exp_minus(x - highest, T(0)); });
    T sum = 0;
    for (Index i = 0; i < count; ++i) sum += z[i];
    each(z, count, [sum](T x) { return x / sum; });
}

// delta <- a * (delta - sum(delta * a)), by the Jacobian of softmax.
template <typename T>
void through_softmax(T* delta, const T* a, Index count) {
    T sum = 0;
    for (Index i = 0; i < count; ++i) sum += delta[i] * a[i];
    each(delta, a, count, [sum](T d, T y) { return y * (d - sum); });
}

// a = s(z), in place, for the examples [first, last).
template <typename T>
void activate(int activation, Rows<T>& z, Index first, Index last) {
    switch (activation) {
        case RELU: return each(z, first, last, [](T x) { return x < 0 ? T(0) : x; });
        case LEAKY_RELU: return each(z, first, last, [](T x) { return x < 0 ? T(0.01) * x : x; });
        case ELU: return each(z, first, last, elu<T>);
        case GELU: return each(z, first, last, [](T x) { return x * normal_cdf(x); });
        case TANH: return each(z, first, last, tanh_of<T>);
        case SIGMOID: return each(z, first, last, [](T x) { return 1 / (1 + exp_minus(-x, T(0))); });
        case SOFTMAX:
            for (Index i = first; i < last; ++i) softmax(z[i], z.width());
    }
}

template <typename T>
inline T gelu_slope(T z) {
    return normal_cdf(z) + z * exp_minus(-z * z / 2, T(0)) * T(0.3989422804014327);
}

// delta *= s'(z), given a = s(z); for GELU, given z.
template <typename T>
void through_activation(int activation, Rows<T>& delta, Rows<T>& a, Index first, Index last) {
    switch (activation) {
        case RELU: return each(delta, a, first, last, [](T d, T y) { return y <= 0 ? T(0) : d; });
        case LEAKY_RELU: return each(delta, a, first, last, [](T d, T y) { return y <= 0 ? T(0.01) * d : d; });
        case ELU: return each(delta, a, first, last, [](T d, T y) { return y <= 0 ? d * (y + 1) : d; });
        case GELU: return each(delta, a, first, last, [](T d, T z) { return d * gelu_slope(z); });
        case TANH: return each(delta, a, first, last, [](T d, T y) { return d * (1 - y * y); });
        case SIGMOID: return each(delta, a, first, last, [](T d, T y) { return d * y * (1 - y); });
        case SOFTMAX:
            for (Index i = first; i < last; ++i) through_softmax(delta[i], a[i], delta.width());
    }
}
