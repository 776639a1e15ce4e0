// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/verify.hpp"

#include "runtime/error.hpp"
#include "runtime/store/envelope.hpp"
#include "runtime/store/keys.hpp"
#include "schema/codec.hpp"

namespace troupe::store {

namespace {

using check = void (*)(std::string_view payload);

template <class T>
void decodes(std::string_view payload) {
  decode<T>(payload);
}

std::string hex(std::string_view key) {
  std::string text;
  for (const unsigned char c : key) {
    constexpr const char* digits = "0123456789abcdef";
    text.push_back(digits[c >> 4]);
    text.push_back(digits[c & 15]);
  }
  return text;
}

class inspection {
public:
  explicit inspection(const database& db) : db_(db) {}

  void value(std::string_view sealed, const std::string& where, check how) {
    try {
      how(unseal(sealed, where));
    } catch (const codec_error& e) {
      damaged.push_back(where + ": " + e.what());
    } catch (const error& e) {
      damaged.emplace_back(e.what());
    }
  }

  /// One payload by its key, so that what RocksDB itself cannot read has a name too.
  void one(family f, const std::string& key, const std::string& where, check how) {
    try {
      std::string sealed;
      if (db_.get(f, key, sealed)) {
        value(sealed, where, how);
      }
    } catch (const error& e) {
      damaged.push_back(where + ": " + e.what());
    }
  }

  void all(family f, check how) {
    try {
      db_.scan(f, "", [&](std::string_view key, std::string_view sealed) {
        value(sealed, name_of(f) + " " + hex(key), how);
        return true;
      });
    } catch (const error& e) { // what stands behind it cannot be reached
      damaged.push_back(name_of(f) + ": " + e.what());
    }
  }

  void groups() {
    try {
      db_.scan(family::group, "", [&](std::string_view key, std::string_view sealed) {
        const std::string where = "group " + hex(key);
        try {
          const auto g = decode<group>(unseal(sealed, where));
          if (store::key(g.id) != key) {
            damaged.push_back(where + " holds the record of group " + to_string(g.id));
          }
          payloads(g);
        } catch (const codec_error& e) {
          damaged.push_back(where + ": " + e.what());
        } catch (const error& e) {
          damaged.emplace_back(e.what());
        }
        return true;
      });
    } catch (const error& e) {
      damaged.push_back(name_of(family::group) + ": " + e.what());
    }
  }

  std::vector<std::string> damaged;

private:
  void payloads(const group& g) {
    one(family::prompt, key(g.id), "prompt of group " + to_string(g.id), decodes<prompt>);
    for (std::uint32_t i = 0; i < g.members.size(); ++i) {
      const sample_id id{g.id, i};
      one(family::sample, key(id), "sample " + to_string(id), decodes<sample>);
      one(family::judgement, key(id), "judgement of sample " + to_string(id), decodes<judgement>);
    }
  }

  const database& db_;
};

} // namespace

std::vector<std::string> verify(const database& db) {
  inspection look{db};
  look.groups();
  look.all(family::meta, [](std::string_view) {});
  look.all(family::step, decodes<step_record>);
  look.all(family::checkpoint, decodes<checkpoint_record>);
  look.all(family::stage, decodes<stage_record>);
  look.all(family::dataset, decodes<dataset_manifest>);
  look.all(family::record, decodes<dataset_record>);
  return std::move(look.damaged);
}

} // namespace troupe::store
