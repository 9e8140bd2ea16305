// The one translation unit that holds the kernels.
#include "entry.h"
#include "session.h"

namespace neurosim {

Real* currents = nullptr;
static Session<Real> session;

int64_t propagate(int64_t step) {
    session.propagate(step);
    currents = session.currents();
    return 0;
}
bool speak(int32_t neuron, Real strength, int64_t step) { return session.speak(neuron, strength, step); }
Real watch(int32_t neuron, Real potential, int64_t step) { return session.watch(neuron, potential, step); }
double duration(double dt) { return session.duration(dt); }

}  // namespace neurosim
