// Every map between layers, by the number it has in a network's description.
#pragma once
#include "conv.h"
#include "maxpool.h"
#include "ops.h"
#include "reshape.h"

namespace neurosim {

template <class Real>
std::unique_ptr<Op<Real>> make_op(Reader& plan, const Real* weights) {
    switch (plan.next()) {
        case 0: return std::make_unique<Conv<Real>>(plan, weights);
        case 1: return std::make_unique<Average<Real>>(plan, weights);
        case 2: return std::make_unique<Identity<Real>>(plan, weights);
        case 3: return std::make_unique<Scale<Real>>(plan, weights);
        case 4: return std::make_unique<Reshape<Real>>(plan, weights);
        default: return std::make_unique<MaxPool<Real>>(plan, weights);
    }
}

}  // namespace neurosim
