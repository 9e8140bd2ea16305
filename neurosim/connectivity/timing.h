// Where a run spends its time, for benchmarks: with -DNEUROSIM_TIMING, a run writes its stopwatches to the file
// that the environment variable NEUROSIM_TIMING names. Otherwise they are empty and cost nothing.
#pragma once
#ifdef NEUROSIM_TIMING
#include <chrono>
#include <cstdio>
#include <cstdlib>
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
    Stopwatch run, projections;  // all from the first step's begin on; what projections between layers add
    void tell() {
        run.stop();
        std::FILE* file = std::fopen(std::getenv("NEUROSIM_TIMING"), "a");
        std::fprintf(file, "%.9f %.9f\n", run.seconds, projections.seconds);
        std::fclose(file);
    }
};
#else
struct Stopwatch {
    void start() {}
    void stop() {}
};

struct Timing {
    Stopwatch run, projections;
    void tell() {}
};
#endif

}  // namespace neurosim
