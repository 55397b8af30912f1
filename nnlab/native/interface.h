// What Python passes: nnlab/native/library.py declares the same structures.
#pragma once
#include <cstdint>

using Index = std::int64_t;

enum Activation { IDENTITY, RELU, LEAKY_RELU, ELU, GELU, TANH, SIGMOID, SOFTMAX };
enum Loss { CROSS_ENTROPY, QUADRATIC, MSE };
enum Optimizer { SGD, ADAM, ADAMW, RMSPROP, ADAGRAD };

// What each replica may have of its own. clip_norm 0: no clipping.
struct Options {
    double dropout, label_smoothing, clip_norm, weight_decay, momentum, beta1, beta2, eps;
};

// R dense networks and their optimizers. Parameters are W_1 (R, in, out), b_1 (R, out), W_2, ...
struct Network {
    Index num_replicas, num_layers;
    const Index* widths;  // of the inputs, then of the outputs of each layer
    std::int32_t is_double, activation, output_activation, loss, optimizer, nesterov;
    const Options* options;  // (R,); null where nothing is trained
    const void* class_weight;  // (C,), or null
    const std::uint64_t* dropout_keys;  // (R,)
    void *parameters, *first_moment, *second_moment;  // the moments in the parameters' layout
};

// Steps to train: the examples of replica r in step s are rows[r][starts[s] ... starts[s] + sizes[s]].
struct Steps {
    Index count, done;  // done: steps before these
    const void* examples;  // (N, D): pixels 0 to 255, or numbers
    std::int32_t is_pixels, num_threads;
    const void* targets;  // (N,): classes (int64), or numbers
    std::int32_t has_classes;
    const Index* rows;  // (R, M), or (1, M) if all replicas share them
    Index rows_per_replica;  // M, or 0 if shared
    const Index *starts, *sizes;  // (S,)
    const double* lrs;  // (S, R); not a number for a replica that has stopped
    double* losses;  // (S, R), written: mean loss of each batch before its update
};

struct Batch {
    Index size;
    const void* inputs;  // (N, D), or (R, N, D) if varied
    std::int32_t is_varied, num_threads;
    void* outputs;  // (R, N, C), written
};
