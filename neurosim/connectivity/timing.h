// Where a run spends its time, for benchmarks: with -DNEUROSIM_TIMING, a run writes its stopwatches to the file
// that the environment variable NEUROSIM_TIMING names. Otherwise they are empty and cost nothing.
#pragma once
#ifdef NEUROSIM_TIMING
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#endif

namespace neurosim {

#ifdef NEUROSIM_TIMING
class Stopwatch {
    using Clock = std::chrono::steady_clock;
    Clock::time_point started;

public:
    double seconds = 0;
    void start() { started = Clock::now(); }
    void stop() { seconds += std::chrono::duration<double>(Clock::now() - started).count(); }
};

struct Timing {
    std::clock_t begun;
    Stopwatch projections;
    void begin() { begun = std::clock(); }
    // Write the processor time of all steps, and what projections between layers took of the clock's.
    void end() {
        std::FILE* file = std::fopen(std::getenv("NEUROSIM_TIMING"), "a");
        std::fprintf(file, "%.6f %.9f\n", double(std::clock() - begun) / CLOCKS_PER_SEC, projections.seconds);
        std::fclose(file);
    }
};
#else
struct Stopwatch {
    void start() {}
    void stop() {}
};

struct Timing {
    Stopwatch projections;
    void begin() {}
    void end() {}
};
#endif

}  // namespace neurosim
