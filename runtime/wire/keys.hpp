// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::wire {

/// A CURVE key pair, each key in Z85: 40 characters.
struct key_pair {
  std::string public_key;
  std::string secret_key;
};

/// From the operating system's randomness. Throws error(failed) where ZeroMQ was built without CURVE.
key_pair make_key_pair();

/// Writes FOLDER/NAME.curve (both keys, mode 0600) and FOLDER/NAME.curve.pub (the public key). Never overwrites: throws
/// error(conflict) when one of them is there, error(invalid) for a name with anything but letters, digits, `.-_`.
void write_key_pair(const std::string& folder, const std::string& name, const key_pair& pair);

/// Reads NAME.curve. Throws error(not_found), or error(invalid) when group or others can read it, when it is malformed,
/// or when the two keys are not of one pair.
key_pair read_key_pair(const std::string& path);

/// Reads NAME.curve.pub. Throws error(not_found), or error(invalid) when it is malformed.
std::string read_public_key(const std::string& path);

/// 40 characters of Z85.
bool is_key(std::string_view text) noexcept;

/// What may name a process or a key: 1 to 128 letters, digits, `.-_`, not beginning with a dot.
bool is_name(std::string_view text) noexcept;

} // namespace troupe::wire
