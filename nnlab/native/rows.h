// Examples in rows of whole vectors; long rows have a gap, so that they do not compete for the same lines
// of the caches.
#pragma once
#include <vector>

#include "matmul.h"

template <typename T>
class Rows {
  public:
    Rows(Index count, Index width)
        : width_(width),
          padded_((width + LANES<T> - 1) / LANES<T> * LANES<T>),
          stride_(padded_ + (padded_ < 4 * LANES<T> ? 0 : LANES<T>)),
          values_(count * stride_) {}
    T* operator[](Index i) { return values_.data() + i * stride_; }
    Index width() const { return width_; }
    Index padded() const { return padded_; }
    bool has_no_gaps() const { return stride_ == padded_; }
    Matrix<T> matrix(Index first = 0) { return {(*this)[first], stride_, 1}; }
    Matrix<T> transposed() { return {(*this)[0], 1, stride_}; }
    Result<T> result(Index first, const T* bias = nullptr) { return {(*this)[first], stride_, bias, 0}; }

  private:
    Index width_, padded_, stride_;
    std::vector<T> values_;
};

template <typename T, typename F>
inline void each(T* values, Index count, F f) {
    for (Index i = 0; i < count; ++i) values[i] = f(values[i]);
}

template <typename T, typename F>
inline void each(T* values, const T* others, Index count, F f) {
    for (Index i = 0; i < count; ++i) values[i] = f(values[i], others[i]);
}

// All entries of the rows [first, last), with what fills them up; rows without gaps in one loop.
template <typename T, typename F>
inline void each(Rows<T>& rows, Index first, Index last, F f) {
    if (rows.has_no_gaps()) return each(rows[first], (last - first) * rows.padded(), f);
    for (Index i = first; i < last; ++i) each(rows[i], rows.padded(), f);
}

template <typename T, typename F>
inline void each(Rows<T>& rows, Rows<T>& others, Index first, Index last, F f) {
    if (rows.has_no_gaps()) return each(rows[first], others[first], (last - first) * rows.padded(), f);
    for (Index i = first; i < last; ++i) each(rows[i], others[i], rows.padded(), f);
}
