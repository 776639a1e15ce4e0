// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/doctor.hpp"
#include "deploy/troupectl/program.hpp"
#include "runtime/store/sample_checksum.hpp"
#include "tests/deploy/troupectl/hand_made_store.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <memory>
#include <random>
#include <rocksdb/db.h>
#include <sstream>

namespace troupe::ctl {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct answer {
  int status = 0;
  std::string out;
  std::string err;
};

answer doctor(const hand_made_store& made) {
  std::ostringstream out, err;
  const int status = run({"--store", made.run.string(), "doctor", "-o", "json"}, out, err);
  return {status, out.str(), err.str()};
}

diagnosis examined(const hand_made_store& made) {
  made.write();
  const store::journal j{made.store(), store::open_mode::read_only};
  return examine(j);
}

TEST(Doctor, AccountsForEveryGroupOfASoundStore) {
  const hand_made_store made{"troupe-doctor-sound"};
  made.write();
  const auto a = doctor(made);
  EXPECT_EQ(a.status, 0) << a.err;
  EXPECT_EQ(row::parse(a.out),
            row::parse(R"({"issued":4,"pending":1,"ready":0,"leased":0,"trained":2,"collected":1,"scored":0,
              "dropped":{"stale":0,"zero_variance":0,"undecided":0,"truncated":0,"failed":0,"corrupt":0,"operator":0,
                         "evicted":0},
              "conserved":true,"duplicates":0,"corrupt_records":0,"forgotten":0,"steps":1,
              "samples":{"collected":2,"pending":2,"trained":4}})"));
  EXPECT_EQ(a.err, "");
}

TEST(Doctor, SeesAGroupThatWasTrainedTwice) {
  hand_made_store made{"troupe-doctor-twice"};
  made.write();
  {
    store::journal j{made.store(), store::open_mode::existing};
    store::write again;
    again.step =
        step_record{.stage = stage_index{0}, .version = policy_version{2}, .groups = {made.content.groups[0].id}};
    j.commit(again, store::durability::disk);
  }
  const auto a = doctor(made);
  EXPECT_EQ(a.status, 5);
  EXPECT_EQ(row::parse(a.out)["duplicates"], 1);
  EXPECT_THAT(a.err, AllOf(HasSubstr("group 0t0 was consumed more than once"),
                           HasSubstr("group 0t0 was consumed by step 2 but its record says trained at 1")));
}

TEST(Doctor, SeesATrainedGroupThatNoStepConsumed) {
  hand_made_store made{"troupe-doctor-no-step"};
  made.content.step->groups.pop_back();
  EXPECT_THAT(examined(made).violations, ElementsAre("group 0t1 is trained but no step consumed it"));
}

TEST(Doctor, SeesALostGroup) {
  hand_made_store made{"troupe-doctor-lost"};
  made.content.groups.pop_back(); // 0t2: the step's cursor says that three were issued
  const auto d = examined(made);
  EXPECT_FALSE(d.conserved);
  EXPECT_EQ(d.counts.issued, 4U);
  EXPECT_THAT(d.violations, ElementsAre("group 0t2 was issued but is not in the store"));
}

TEST(Doctor, SeesALostStep) {
  hand_made_store made{"troupe-doctor-gap"};
  made.content.step->version = policy_version{2};
  EXPECT_THAT(examined(made).violations, Contains("stage 0: step 1 is missing, 2 follows"));
}

TEST(Doctor, SeesARecordWhoseTextIsNotItsSamples) {
  hand_made_store made{"troupe-doctor-lineage"};
  made.content.records[0].second.completion = "<answer>3</answer>";
  EXPECT_THAT(examined(made).violations, ElementsAre("record 0 of dataset kept has another text than sample 0c0/0"));
}

TEST(Doctor, SeesAForgedSource) {
  hand_made_store made{"troupe-doctor-source"};
  made.content.records[0].second.source->index = 7;
  EXPECT_THAT(examined(made).violations,
              ElementsAre("record 0 of dataset kept names sample 0c0/7, which is not in the store"));
}

TEST(Doctor, SeesASampleThatIsNotTheAcknowledgedOne) {
  hand_made_store made{"troupe-doctor-swap"};
  made.content.samples[0].second.text += "!";
  const auto d = examined(made);
  EXPECT_EQ(d.corrupt_records, 1U);
  EXPECT_THAT(d.violations, ElementsAre("sample 0t0/0 is not the one that its group names"));
}

TEST(Doctor, SeesAMissingSample) {
  hand_made_store made{"troupe-doctor-missing"};
  made.content.samples.erase(made.content.samples.begin());
  EXPECT_THAT(examined(made).violations, ElementsAre("sample 0t0/0 was acknowledged but is not in the store"));
}

TEST(Doctor, CountsWhatRetentionForgotAndMissesNothingOfIt) {
  hand_made_store made{"troupe-doctor-forgotten"};
  made.content.checkpoint = checkpoint_record{.stage = stage_index{0}, .version = policy_version{1}};
  made.write();
  made.forget(0);
  const store::journal j{made.store(), store::open_mode::read_only};
  const auto d = examine(j);
  EXPECT_THAT(d.violations, ElementsAre());
  EXPECT_EQ(d.forgotten, 1U);
  EXPECT_TRUE(d.conserved);
  EXPECT_EQ(d.samples.at("trained"), 4U);
}

TEST(Doctor, SeesThatWhatAStepOrADatasetRefersToWasForgotten) {
  const hand_made_store made{"troupe-doctor-forgotten-wrongly"};
  made.write(); // without a checkpoint: step 1 may be trained again
  made.forget(1);
  made.forget(2);
  const store::journal j{made.store(), store::open_mode::read_only};
  EXPECT_THAT(examine(j).violations,
              ElementsAre("group 0t1 was forgotten by retention at 2023-11-14T22:13:20.999Z, but step 1, which no "
                          "checkpoint covers, may be trained on it again",
                          "group 0c0 was forgotten by retention at 2023-11-14T22:13:20.999Z, but its stage is not "
                          "finished and may count it again",
                          "record 0 of dataset kept names sample 0c0/0, which retention forgot at "
                          "2023-11-14T22:13:20.999Z"));
}

TEST(Doctor, SeesPayloadsThatNoGroupHas) {
  hand_made_store made{"troupe-doctor-orphans"};
  const group_id nobody{stage_index{0}, purpose::train, 9};
  made.content.prompts.push_back({nobody, {.task = "addition", .text = "9+9="}});
  auto more = made.content.samples[0];
  more.first.index = 2; // of a group of two
  made.content.samples.push_back(more);
  auto early = made.content.samples[0].second;
  early.index = 1;
  made.content.samples.push_back({{made.content.groups[3].id, 1}, early}); // 0t2 has not been told of it
  made.content.judgements.push_back({{nobody, 0}, {}});
  EXPECT_THAT(examined(made).violations, ElementsAre("prompt of group 0t9 is stored but no group has it",
                                                     "sample 0t0/2 is stored but no group has it",
                                                     "group 0t2 has 1 samples stored but acknowledged 0",
                                                     "judgement 0t9/0 is stored but no group has it"));
}

TEST(Doctor, SeesRecordsThatNoDatasetHas) {
  hand_made_store made{"troupe-doctor-records"};
  auto stray = made.content.records[0];
  made.content.records[0].second.index = 5; // the manifest's only record should stand at 0
  stray.first = "lost";
  made.content.records.push_back(stray);
  EXPECT_THAT(examined(made).violations,
              ElementsAre("record 5 of dataset kept stands at place 0",
                          "records of dataset lost are stored but there is no such dataset"));
}

TEST(Doctor, SeesARecordWithoutSourceInADatasetThatIsNotForeign) {
  hand_made_store made{"troupe-doctor-sourceless"};
  made.content.records[0].second.source.reset();
  EXPECT_THAT(examined(made).violations, ElementsAre("record 0 of dataset kept names no sample"));
  made.content.dataset->parents = {"foreign:x.jsonl@xxh3:0"};
  EXPECT_TRUE(examined(made).fine()) << "written over the first one: now it says so";
}

TEST(Doctor, SeesADatasetWhoseParentIsNotThere) {
  hand_made_store made{"troupe-doctor-parent"};
  made.content.dataset->parents = {"file:x.jsonl@xxh3:0", "kept@1", "gone@2"};
  EXPECT_THAT(examined(made).violations, ElementsAre("dataset kept descends from gone@2, which is not in the store"));
}

/// Flips one bit of the stored value that holds `text`, below the journal, so that RocksDB's own checksums hold.
void flip_byte(const std::string& folder, const std::string& text) {
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, folder, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) {
    families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, folder, families, &handles, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db{opened};
  bool done = false;
  for (auto* handle : handles) {
    const std::unique_ptr<rocksdb::Iterator> it{db->NewIterator({}, handle)};
    for (it->SeekToFirst(); it->Valid() && !done; it->Next()) {
      std::string value = it->value().ToString();
      if (const auto at = value.find(text); at != std::string::npos) {
        value[at] ^= 1;
        ASSERT_TRUE(db->Put({}, handle, it->key(), value).ok());
        done = true;
      }
    }
  }
  for (auto* handle : handles) {
    db->DestroyColumnFamilyHandle(handle);
  }
  ASSERT_TRUE(done) << "no record holds " << text;
}

TEST(Doctor, SeesAFlippedByteAndGoesOn) {
  const hand_made_store made{"troupe-doctor-flip"};
  made.write();
  flip_byte(made.store(), hand_made_store::text_of({made.content.groups[1].id, 1}));
  const auto a = doctor(made);
  EXPECT_EQ(a.status, 5);
  const auto d = row::parse(a.out);
  EXPECT_EQ(d["corrupt_records"], 1);
  EXPECT_EQ(d["conserved"], true); // the groups themselves are whole
  EXPECT_THAT(a.err, AllOf(HasSubstr("corrupt record: "), HasSubstr("sample 0t1/1 cannot be checked")));
}

/// Writes 0t0/0 with a text long enough for a blob file, and closes and opens the store so that it lies in one.
std::filesystem::path blob_of_first_sample(hand_made_store& made) {
  auto& said = made.content.samples[0].second;
  std::mt19937_64 random{7}; // NOLINT: fixed so that a failure repeats
  for (int i = 0; i < 6000; ++i) {
    said.text += static_cast<char>('!' + random() % 90); // zstd must not make it small
  }
  made.content.groups[0].members[0].checksum = store::sample_checksum(said);
  made.write();
  { const store::journal again{made.store(), store::open_mode::existing}; }
  for (const auto& entry : std::filesystem::directory_iterator{made.store()}) {
    if (entry.path().extension() == ".blob") {
      return entry.path();
    }
  }
  return {};
}

TEST(Doctor, OfADamagedListItSaysSoOnceAndNotWhatFollows) {
  const hand_made_store groups{"troupe-doctor-list"};
  groups.write();
  flip_byte(groups.store(), "verifier-0"); // in a group's history
  const auto a = doctor(groups);
  EXPECT_EQ(a.status, 5);
  EXPECT_EQ(row::parse(a.out)["conserved"], false);
  EXPECT_THAT(a.err,
              AllOf(HasSubstr("the list of groups cannot be checked: "), HasSubstr("conservation cannot be checked"),
                    Not(HasSubstr("no group has it")), Not(HasSubstr("is not in the store"))));
  const hand_made_store steps{"troupe-doctor-steps"};
  steps.write();
  flip_byte(steps.store(), "\"loss\":0.5");
  const auto b = doctor(steps);
  EXPECT_EQ(b.status, 5);
  EXPECT_THAT(b.err, AllOf(HasSubstr("steps of stage 0 cannot be checked: "), Not(HasSubstr("no step consumed it"))));
}

TEST(Doctor, NamesTheSampleOfAFlippedByteInABlobFile) {
  hand_made_store made{"troupe-doctor-blob"};
  const auto blob = blob_of_first_sample(made);
  ASSERT_FALSE(blob.empty());
  ASSERT_EQ(doctor(made).status, 0) << doctor(made).err;
  const auto size = std::filesystem::file_size(blob);
  ASSERT_GT(size, 4096U);
  for (const auto at : {size / 4, size / 2, size * 3 / 4}) {
    std::fstream file{blob, std::ios::in | std::ios::out | std::ios::binary};
    const auto flip = [&] {
      file.seekg(static_cast<std::streamoff>(at));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(byte ^ 1));
      file.flush();
    };
    flip();
    const auto a = doctor(made);
    flip();
    EXPECT_EQ(a.status, 5) << "byte " << at;
    EXPECT_EQ(row::parse(a.out)["corrupt_records"], 1);
    EXPECT_EQ(row::parse(a.out)["conserved"], true);
    EXPECT_THAT(a.err, HasSubstr("violated: corrupt record: sample 0t0/0: "));
  }
  EXPECT_EQ(doctor(made).status, 0) << "flipped back";
}

} // namespace
} // namespace troupe::ctl
