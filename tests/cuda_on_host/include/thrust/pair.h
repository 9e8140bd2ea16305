#pragma once
#include "host_vector.h"
