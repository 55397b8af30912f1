// Matrix products. Every sum runs over k in order, in one accumulator: an entry of the result does not
// depend on how rows are divided among threads.
#pragma once
#include <algorithm>

#include "interface.h"

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif

// Products and sums are contracted to one rounding here and nowhere else: elsewhere the compiler could
// contract the vectors of a loop and not its last elements, and bytes would depend on where it begins.
#if defined(__clang__)
#define CONTRACTED
#define CONTRACT _Pragma("clang fp contract(fast)")
#elif defined(__GNUC__)
#define CONTRACTED __attribute__((optimize("fp-contract=fast")))
#define CONTRACT
#else
#define CONTRACTED
#define CONTRACT
#endif

// As many numbers as a register of the processor holds.
#if defined(__GNUC__)
template <typename T>
struct VectorOf {
    typedef T type __attribute__((vector_size(VECTOR_BYTES), aligned(alignof(T)), may_alias));
};
template <typename T>
using Vector = typename VectorOf<T>::type;
#define UNROLL _Pragma("GCC unroll 8")
#else
template <typename T>
struct Vector {
    T lanes[VECTOR_BYTES / sizeof(T)];
    T operator[](int i) const { return lanes[i]; }
    Vector& operator+=(const Vector& other) {
        for (int i = 0; i < int(VECTOR_BYTES / sizeof(T)); ++i) lanes[i] += other.lanes[i];
        return *this;
    }
    friend Vector operator*(T factor, Vector vector) {
        for (T& lane : vector.lanes) lane *= factor;
        return vector;
    }
};
#define UNROLL
#endif

constexpr int TILE_ROWS = 6, TILE_VECTORS = 2;
constexpr Index DEPTH = 256;  // rows of a panel, so that it stays in the first cache
template <typename T>
constexpr int LANES = VECTOR_BYTES / sizeof(T);
template <typename T>
constexpr int TILE_COLUMNS = TILE_VECTORS * LANES<T>;
template <typename T>
constexpr Index PANEL_SIZE = DEPTH * TILE_COLUMNS<T>;

// A matrix whose entry (i, j) is data[i * row + j * column]; swapping the strides transposes it.
template <typename T>
struct Matrix {
    const T* data;
    Index row, column;
    Matrix from(Index i, Index j) const { return {data + i * row + j * column, row, column}; }
};

// Where a product goes: c = a b, or c += a b; its rows are stride apart.
template <typename T>
struct Result {
    T* data;
    Index stride;
    bool adds;
    Result from(Index i, Index j) const { return {data + i * stride + j, stride, adds}; }
};

// The product of a tile of ROWS rows; the panel holds the columns of b side by side.
template <typename T, int ROWS>
CONTRACTED void tile(Matrix<T> a, const T* panel, Index depth, Result<T> c, Index columns) {
    CONTRACT
    Vector<T> sums[ROWS][TILE_VECTORS];
    UNROLL for (int i = 0; i < ROWS; ++i) {
        UNROLL for (int v = 0; v < TILE_VECTORS; ++v) sums[i][v] = Vector<T>{};
    }
    for (Index k = 0; k < depth; ++k) {
        auto b = reinterpret_cast<const Vector<T>*>(panel + k * TILE_COLUMNS<T>);
        UNROLL for (int i = 0; i < ROWS; ++i) {
            const T factor = a.data[i * a.row + k * a.column];
            UNROLL for (int v = 0; v < TILE_VECTORS; ++v) sums[i][v] += factor * b[v];
        }
    }
    UNROLL for (int i = 0; i < ROWS; ++i) {
        T* row = c.data + i * c.stride;
        if (columns == TILE_COLUMNS<T>) {
            UNROLL for (int v = 0; v < TILE_VECTORS; ++v) {
                auto to = reinterpret_cast<Vector<T>*>(row) + v;
                if (c.adds) sums[i][v] += *to;
                *to = sums[i][v];
            }
        } else {
            auto values = reinterpret_cast<const T*>(sums[i]);
            for (Index j = 0; j < columns; ++j) row[j] = values[j] + (c.adds ? row[j] : T(0));
        }
    }
}

template <typename T>
void tiles(Matrix<T> a, const T* panel, Index depth, Result<T> c, Index rows, Index columns) {
    Index i = 0;
    for (; i + TILE_ROWS <= rows; i += TILE_ROWS) {
        tile<T, TILE_ROWS>(a.from(i, 0), panel, depth, c.from(i, 0), columns);
    }
    a = a.from(i, 0), c = c.from(i, 0);
    switch (rows - i) {
        case 5: return tile<T, 5>(a, panel, depth, c, columns);
        case 4: return tile<T, 4>(a, panel, depth, c, columns);
        case 3: return tile<T, 3>(a, panel, depth, c, columns);
        case 2: return tile<T, 2>(a, panel, depth, c, columns);
        case 1: return tile<T, 1>(a, panel, depth, c, columns);
    }
}

// Copy columns of b side by side, filled up with zeros.
template <typename T>
void pack(Matrix<T> b, Index depth, Index columns, T* panel) {
    constexpr int width = TILE_COLUMNS<T>;
    if (b.column == 1 && columns == width) {
        for (Index k = 0; k < depth; ++k) {
            auto from = reinterpret_cast<const Vector<T>*>(b.data + k * b.row);
            auto to = reinterpret_cast<Vector<T>*>(panel + k * width);
            UNROLL for (int v = 0; v < TILE_VECTORS; ++v) to[v] = from[v];
        }
        return;
    }
    for (Index j = 0; j < width; ++j) {
        const T* from = b.data + j * b.column;
        if (j < columns) {
            for (Index k = 0; k < depth; ++k) panel[k * width + j] = from[k * b.row];
        } else {
            for (Index k = 0; k < depth; ++k) panel[k * width + j] = T(0);
        }
    }
}

// The product of a (rows, depth) and b (depth, columns).
template <typename T>
void multiply(Matrix<T> a, Matrix<T> b, Result<T> c, Index rows, Index depth, Index columns, T* panel) {
    for (Index k = 0; k < depth; k += DEPTH, c.adds = true) {
        const Index deep = std::min(DEPTH, depth - k);
        for (Index j = 0; j < columns; j += TILE_COLUMNS<T>) {
            const Index wide = std::min<Index>(TILE_COLUMNS<T>, columns - j);
            pack(b.from(k, j), deep, wide, panel);
            tiles(a.from(0, k), panel, deep, c.from(0, j), rows, wide);
        }
    }
}
