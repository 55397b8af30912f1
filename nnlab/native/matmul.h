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

// Where a product goes: c = a b + term, or c = a b where term is null. The rows of c and of the term are
// that far apart; a distance of 0 adds the same row, such as biases, to each.
template <typename T>
struct Result {
    T* data;
    Index stride;
    const T* term;
    Index term_stride;
    Result from(Index i, Index j) const {
        return {data + i * stride + j, stride, term ? term + i * term_stride + j : term, term_stride};
    }
    Result more() const { return {data, stride, data, stride}; }
};

// The products of tiles of ROWS rows, as many as there are; the panel holds the columns of b side by side,
// in VECTORS vectors.
template <typename T, int ROWS, int VECTORS>
CONTRACTED void tiles(Matrix<T> a, const T* panel, Index depth, Result<T> c, Index rows, Index columns) {
    CONTRACT
    for (Index first = 0; first + ROWS <= rows; first += ROWS) {
        Vector<T> sums[ROWS][VECTORS];
        UNROLL for (int i = 0; i < ROWS; ++i) {
            UNROLL for (int v = 0; v < VECTORS; ++v) sums[i][v] = Vector<T>{};
        }
        const T* from = a.data + first * a.row;
        auto b = reinterpret_cast<const Vector<T>*>(panel);
        for (Index k = 0; k < depth; ++k, from += a.column, b += VECTORS) {
            UNROLL for (int i = 0; i < ROWS; ++i) {
                const T factor = from[i * a.row];
                UNROLL for (int v = 0; v < VECTORS; ++v) sums[i][v] += factor * b[v];
            }
        }
        UNROLL for (int i = 0; i < ROWS; ++i) {
            T* row = c.data + (first + i) * c.stride;
            const T* term = c.term ? c.term + (first + i) * c.term_stride : c.term;
            if (columns == VECTORS * LANES<T>) {
                UNROLL for (int v = 0; v < VECTORS; ++v) {
                    if (term) sums[i][v] += reinterpret_cast<const Vector<T>*>(term)[v];
                    reinterpret_cast<Vector<T>*>(row)[v] = sums[i][v];
                }
            } else {
                auto values = reinterpret_cast<const T*>(sums[i]);
                for (Index j = 0; j < columns; ++j) row[j] = values[j] + (term ? term[j] : T(0));
            }
        }
    }
}

template <typename T, int VECTORS>
void all_tiles(Matrix<T> a, const T* panel, Index depth, Result<T> c, Index rows, Index columns) {
    tiles<T, TILE_ROWS, VECTORS>(a, panel, depth, c, rows, columns);
    const Index rest = rows % TILE_ROWS;
    a = a.from(rows - rest, 0), c = c.from(rows - rest, 0);
    switch (rest) {
        case 5: return tiles<T, 5, VECTORS>(a, panel, depth, c, rest, columns);
        case 4: return tiles<T, 4, VECTORS>(a, panel, depth, c, rest, columns);
        case 3: return tiles<T, 3, VECTORS>(a, panel, depth, c, rest, columns);
        case 2: return tiles<T, 2, VECTORS>(a, panel, depth, c, rest, columns);
        case 1: return tiles<T, 1, VECTORS>(a, panel, depth, c, rest, columns);
    }
}

// Copy columns of b side by side. What is left of the vectors is multiplied too, and never written.
template <typename T, int VECTORS>
void pack(Matrix<T> b, Index depth, Index columns, T* panel) {
    constexpr int width = VECTORS * LANES<T>;
    if (b.column == 1 && columns == width) {
        for (Index k = 0; k < depth; ++k) {
            auto from = reinterpret_cast<const Vector<T>*>(b.data + k * b.row);
            auto to = reinterpret_cast<Vector<T>*>(panel + k * width);
            UNROLL for (int v = 0; v < VECTORS; ++v) to[v] = from[v];
        }
        return;
    }
    if (b.column == 1) {
        for (Index k = 0; k < depth; ++k) {
            for (Index j = 0; j < columns; ++j) panel[k * width + j] = b.data[k * b.row + j];
        }
        return;
    }
    for (Index j = 0; j < columns; ++j) {
        for (Index k = 0; k < depth; ++k) panel[k * width + j] = b.data[k * b.row + j * b.column];
    }
}

// The product with some columns of b; few of them take a tile half as wide.
template <typename T, int VECTORS>
void multiply_columns(Matrix<T> a, Matrix<T> b, Result<T> c, Index rows, Index depth, Index columns,
                      T* panel) {
    pack<T, VECTORS>(b, depth, columns, panel);
    all_tiles<T, VECTORS>(a, panel, depth, c, rows, columns);
}

// The product of a (rows, depth) and b (depth, columns).
template <typename T>
void multiply(Matrix<T> a, Matrix<T> b, Result<T> c, Index rows, Index depth, Index columns, T* panel) {
    for (Index k = 0; k < depth; k += DEPTH, c = c.more()) {
        const Index deep = std::min(DEPTH, depth - k);
        for (Index j = 0; j < columns; j += TILE_COLUMNS<T>) {
            const Index wide = std::min<Index>(TILE_COLUMNS<T>, columns - j);
            const auto part = wide > LANES<T> ? multiply_columns<T, TILE_VECTORS> : multiply_columns<T, 1>;
            part(a.from(0, k), b.from(k, j), c.from(0, j), rows, deep, wide, panel);
        }
    }
}
