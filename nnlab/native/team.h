// Threads that work on one replica together, and meet between the phases of a step.
#pragma once
#include <atomic>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

#include "interface.h"

class Team {
  public:
    explicit Team(int size = 1) : size_(size) {}

    // The first of a member's items when count items are divided; the next member's is its end.
    Index part(Index count, int member) const { return count * member / size_; }
    bool is_alone() const { return size_ == 1; }

    // Return when every member has called this. A member that waits for one without a processor leaves
    // it its own, after a moment.
    void meet() {
        if (is_alone()) return;
        const unsigned round = round_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
            if (spins > MAX_SPINS) std::this_thread::yield();
        }
    }

  private:
    static constexpr int MAX_SPINS = 4000;
    int size_;
    std::atomic<int> arrived_{0};
    std::atomic<unsigned> round_{0};
};

// Call work(index, number) in as many threads as there may be, this one among them.
template <typename Prepare, typename Work>
void in_threads(int wanted, Prepare prepare, Work work) {
    std::promise<int> number;
    const std::shared_future<int> started = number.get_future().share();
    std::vector<std::thread> threads;
    threads.reserve(wanted);
    try {
        for (int i = 1; i < wanted; ++i) {
            threads.emplace_back([=, &work] {
                if (const int count = started.get()) work(i, count);
            });
        }
    } catch (const std::system_error&) {
        // The system allows no more threads: those that have started do the work.
    }
    int count = 0;
    try {
        prepare(int(threads.size()) + 1);
        count = int(threads.size()) + 1;
    } catch (...) {
        number.set_value(0);
        for (std::thread& thread : threads) thread.join();
        throw;
    }
    number.set_value(count);
    work(0, count);
    for (std::thread& thread : threads) thread.join();
}
