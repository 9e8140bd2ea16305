// The one translation unit that holds the session and its kernels.
#include "entry.cuh"
#include "session.cuh"

namespace neurosim {

__device__ gpu::Board<Real> board;
static gpu::Session<Real>& session = *new gpu::Session<Real>;  // never freed: the driver may be gone before it

void propagate(int64_t step) {
    session.propagate(step);
    if (step > 0) return;
    const auto made = session.board();
    gpu::check(cudaMemcpyToSymbol(board, &made, sizeof(made)), "copying to the GPU");
}
double duration(double dt) { return gpu::Session<Real>::duration(dt); }

}  // namespace neurosim
