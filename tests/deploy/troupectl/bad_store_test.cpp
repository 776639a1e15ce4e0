// SPDX-License-Identifier: Apache-2.0
// What is no store, in use, too new or damaged: one clear line, the right exit status, nothing changed on disk.
#include "runtime/data/file_hash.hpp"
#include "tests/deploy/troupectl/troupectl_fixture.hpp"

#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <rocksdb/db.h>
#include <sys/stat.h>

namespace troupe::ctl {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// Name, size, time of change and content of everything below a folder.
std::map<std::string, std::string> listing(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    struct stat about {};
    if (::lstat(entry.path().c_str(), &about) != 0) {
      throw std::runtime_error{"cannot look at " + entry.path().string()};
    }
    all[entry.path().string()] =
        std::to_string(about.st_mode) + " " + std::to_string(about.st_size) + " " +
        std::to_string(about.st_mtim.tv_sec) + "." + std::to_string(about.st_mtim.tv_nsec) + " " +
        (entry.is_regular_file() ? std::to_string(data::hash_file(entry.path().string())) : "");
  }
  return all;
}

class BadStore : public Troupectl {
protected:
  /// Expects exit status `status` of a call that changes nothing and says one line.
  void expect(int status, const std::vector<std::string>& arguments, const std::string& words) {
    const auto before = listing(made_.run);
    EXPECT_EQ(call(arguments), status) << err_.str();
    EXPECT_EQ(listing(made_.run), before) << arguments.front() << " changed something on disk";
    const auto said = err_.str();
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), status == 0 ? 0 : 1)
        << arguments.front() << ": " << err_.str();
    EXPECT_THAT(err_.str(), HasSubstr(words));
  }

  /// Writes below the journal, so that RocksDB's own checksums hold.
  void put(const std::string& family, const std::function<void(std::string& key, std::string& value)>& change) const {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, made_.store(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) {
      families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, made_.store(), families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db{opened};
    for (auto* handle : handles) {
      if (handle->GetName() == family) {
        const std::unique_ptr<rocksdb::Iterator> it{db->NewIterator({}, handle)};
        it->SeekToFirst();
        ASSERT_TRUE(it->Valid());
        std::string key = it->key().ToString(), value = it->value().ToString();
        change(key, value);
        ASSERT_TRUE(db->Put({}, handle, key, value).ok());
      }
      ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
  }
};

TEST_F(BadStore, AReaderChangesNothing) {
  for (const auto& verb : std::vector<std::vector<std::string>>{{"status"},
                                                                {"get", "samples"},
                                                                {"hist", "samples", "reward"},
                                                                {"tail", "groups"},
                                                                {"show", "sample", "0t0/0"},
                                                                {"export", "dataset", "kept"},
                                                                {"checkpoint", "ls"},
                                                                {"doctor"}}) {
    expect(0, verb, "");
  }
}

TEST_F(BadStore, AFolderThatIsNoStore) {
  fs::remove_all(made_.store());
  fs::create_directories(made_.run / "store");
  expect(3, {"status"}, "holds no store; name a run directory or its store/ folder");
  expect(3, {"quarantine", "0t2", "--yes"}, "holds no store");
}

TEST_F(BadStore, ANewerStoreIsLeftAlone) {
  {
    store::journal j{made_.store(), store::open_mode::existing};
    j.commit({.settings = {{"format_version", "99"}}}, store::durability::disk);
  }
  expect(2, {"status"}, "has format 99");
  expect(2, {"quarantine", "0t2", "--yes"}, "use a newer troupe");
  expect(2, {"doctor"}, "use a newer troupe");
}

TEST_F(BadStore, ATruncatedRecordIsNamed) {
  put("group", [](std::string&, std::string& value) { value.resize(value.size() - 8); });
  expect(5, {"get", "groups"}, "group record 0: the checksum does not hold; the record is damaged");
  expect(5, {"describe", "group", "0t0"}, "group 0t0: the checksum does not hold");
  expect(5, {"quarantine", "0t0", "--yes"}, "group 0t0: the checksum does not hold");
}

TEST_F(BadStore, AnEmptyRecordIsNamed) {
  put("sample", [](std::string&, std::string& value) { value.clear(); });
  expect(5, {"show", "sample", "0t0/0"}, "sample 0t0/0: not a record of this store's format");
}

TEST_F(BadStore, ARefusedOrderChangesNothing) {
  expect(2, {"quarantine", "0t2"}, "say --yes to do it");
  expect(1, {"quarantine", "0t1", "--yes"}, "stays as it is");
  expect(3, {"import", "dataset", "mine", "/nowhere"}, "/nowhere");
  expect(2, {"checkpoint", "create", made_.store()}, "exists already");
}

} // namespace
} // namespace troupe::ctl
