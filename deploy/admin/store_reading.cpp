// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/store_reading.hpp"

namespace troupe::admin {

store_reading::store_reading(std::string run_folder, const store::journal& journal)
    : run_folder_(std::move(run_folder)), journal_(journal) {}

} // namespace troupe::admin
