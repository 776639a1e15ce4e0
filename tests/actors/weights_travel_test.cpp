// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/weights/changed_words.hpp"
#include "tests/actors/weights_road.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <random>

namespace troupe::actors {
namespace {

using words = std::vector<std::uint32_t>;

words random_words(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  words all(n);
  for (auto& w : all) {
    w = static_cast<std::uint32_t>(random());
  }
  return all;
}

/// Every hundredth word is another.
words one_percent_changed(words from, std::uint32_t by) {
  for (std::size_t i = 0; i < from.size(); i += 100) {
    from[i] += by;
  }
  return from;
}

void flip_a_byte_of(const std::string& path, std::streamoff at) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekg(at);
  const auto byte = static_cast<char>(file.get() ^ 1);
  file.seekp(at);
  file.put(byte);
}

std::size_t files_under(const std::string& folder) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    n += entry.is_regular_file() ? 1 : 0;
  }
  return n;
}

constexpr std::size_t many = 3'000'000; // words: 12 MB, three chunks
const std::string elsewhere;            // a host without the learner's files

class WeightsTravel : public ::testing::Test {
protected:
  std::shared_ptr<gpu::backend> backend_ = make_fake_backend(std::make_shared<model_script>());
};

TEST_F(WeightsTravel, ByAFileOnOneHost) {
  learner_end there{backend_};
  generator_end here{there.server->endpoint(), backend_};
  for (const std::uint64_t v : {0, 1, 2}) {
    const auto w = weights_of(v, random_words(1000, v));
    there.board->publish(grpo_stage, w);
    ASSERT_TRUE(here.has(grpo_stage, *w));
  }
  const auto counts = here.follower->read();
  EXPECT_EQ(counts.mapped, 3U);
  EXPECT_EQ(counts.bytes, 0U);
  EXPECT_EQ(counts.rejected + counts.failed, 0U) << counts.last_failure;
  EXPECT_EQ(here.follower->latest()->version, policy_version{2});
  EXPECT_LE(files_under(there.shm.path()), 3U);
  EXPECT_EQ(there.door->read().files, 3U);
  there.door.reset();
  EXPECT_EQ(files_under(there.shm.path()), 0U);
  EXPECT_EQ(here.board->latest()->words()[999], random_words(1000, 2)[999]); // mapped, though the file is gone
}

TEST_F(WeightsTravel, WholeToAJoinerAndThenAsChangedWords) {
  learner_end there{backend_};
  const auto first = weights_of(0, random_words(many, 1));
  there.board->publish(grpo_stage, first);
  generator_end here{there.server->endpoint(), backend_, elsewhere};
  ASSERT_TRUE(here.has(grpo_stage, *first));
  EXPECT_EQ(here.follower->read().full, 1U);
  EXPECT_EQ(here.follower->read().bytes, 4 * many);
  const auto second = weights_of(1, one_percent_changed(random_words(many, 1), 5));
  there.board->publish(grpo_stage, second);
  ASSERT_TRUE(here.has(grpo_stage, *second));
  const auto counts = here.follower->read();
  EXPECT_EQ(counts.changed, 1U);
  EXPECT_LT(counts.bytes - 4 * many, 4 * many / 20);
  EXPECT_GT(counts.bytes, 4 * many);
  const auto third = weights_of(2, random_words(many, 9)); // all are others
  there.board->publish(grpo_stage, third);
  ASSERT_TRUE(here.has(grpo_stage, *third));
  EXPECT_EQ(here.follower->read().full, 2U);
  EXPECT_EQ(there.door->read().changes, 1U);
}

TEST_F(WeightsTravel, APinnedVersionComesWhenSomebodyLooksForIt) {
  learner_end there{backend_};
  generator_end here{there.server->endpoint(), backend_, elsewhere};
  EXPECT_EQ(here.board->find_or_want(grpo_stage, policy_version{4}), nullptr); // not published either
  const auto pinned = weights_of(4, random_words(10, 4));
  const auto latest = weights_of(5, random_words(10, 5));
  there.board->publish(grpo_stage, pinned);
  there.board->pin(grpo_stage, policy_version{4});
  there.board->publish(grpo_stage, latest);
  ASSERT_TRUE(here.has(grpo_stage, *latest));
  ASSERT_TRUE(eventually([&] { return here.board->find_or_want(grpo_stage, policy_version{4}) != nullptr; }));
  EXPECT_EQ(here.board->find(grpo_stage, policy_version{4})->checksum(), pinned->checksum());
  EXPECT_EQ(here.board->latest()->version(), policy_version{5});
}

TEST_F(WeightsTravel, AnotherLearnersWordsReplaceThoseOfTheSameVersion) {
  std::optional<learner_end> there{std::in_place, backend_};
  const auto endpoint = there->server->endpoint();
  const auto pinned = weights_of(3, random_words(50, 3));
  const auto old = weights_of(7, random_words(50, 7));
  there->board->publish(grpo_stage, pinned);
  there->board->pin(grpo_stage, policy_version{3});
  there->board->publish(grpo_stage, old);
  generator_end here{endpoint, backend_};
  ASSERT_TRUE(here.has(grpo_stage, *old));
  ASSERT_TRUE(eventually([&] { return here.board->find_or_want(grpo_stage, policy_version{3}) != nullptr; }));
  there.reset();
  there.emplace(backend_, endpoint);
  const auto other = weights_of(7, random_words(50, 8));
  there->board->publish(grpo_stage, other);
  ASSERT_TRUE(here.has(grpo_stage, *other));
  EXPECT_EQ(here.board->find(grpo_stage, policy_version{3}), nullptr); // it may have other words now
}

TEST_F(WeightsTravel, AVersionThatGoesBackIsTakenUp) {
  std::optional<learner_end> there{std::in_place, backend_};
  const auto endpoint = there->server->endpoint();
  generator_end here{endpoint, backend_, elsewhere};
  const auto ninth = weights_of(9, random_words(50, 9));
  there->board->publish(grpo_stage, ninth);
  ASSERT_TRUE(here.has(grpo_stage, *ninth));
  there.reset();
  there.emplace(backend_, endpoint);
  const auto fifth = weights_of(5, random_words(50, 5)); // of the last checkpoint
  there->board->publish(grpo_stage, fifth);
  EXPECT_TRUE(here.has(grpo_stage, *fifth));
}

/// Publishes versions 0 and 1 to one generator, one after the other; what comes must be what was published.
weights_follower::counters travel(const std::shared_ptr<gpu::backend>& backend, std::optional<std::string> host,
                                  meddler meddle) {
  learner_end there{backend, "tcp://127.0.0.1:0", std::move(meddle)};
  generator_end here{there.server->endpoint(), backend, std::move(host)};
  const auto first = weights_of(0, random_words(many, 1));
  const auto second = weights_of(1, one_percent_changed(random_words(many, 1), 5));
  for (const auto& w : {first, second}) {
    there.board->publish(grpo_stage, w);
    EXPECT_TRUE(here.has(grpo_stage, *w)) << here.follower->read().last_failure;
  }
  return here.follower->read();
}

TEST_F(WeightsTravel, DamagedWordsAreNeverPublishedAndComeAgain) {
  int chunks = 0;
  const auto counts = travel(backend_, elsewhere, [&](weights_call call, std::string& bytes) {
    if (call == weights_call::chunk && ++chunks == 2) {
      bytes[77] = static_cast<char>(bytes[77] ^ 4);
    }
  });
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_EQ(counts.full, 1U);
  EXPECT_EQ(counts.changed, 1U);
}

TEST_F(WeightsTravel, DamagedChangesAreReplacedByTheWhole) {
  int chunks = 0;
  const auto counts = travel(backend_, elsewhere, [&](weights_call call, std::string& bytes) {
    if (call == weights_call::chunk && ++chunks == 4) { // after the three of version 0
      bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    }
  });
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_EQ(counts.full, 2U);
  EXPECT_EQ(counts.changed, 0U);
}

TEST_F(WeightsTravel, AChunkThatIsCutOffIsRefused) {
  int chunks = 0;
  const auto counts = travel(backend_, elsewhere, [&](weights_call call, std::string& bytes) {
    if (call == weights_call::chunk && ++chunks == 1) {
      bytes.pop_back();
    }
  });
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_EQ(counts.full, 1U);
}

TEST_F(WeightsTravel, ADamagedFileIsReplacedByTheWireAndTheNextIsMappedAgain) {
  int files = 0;
  const auto counts = travel(backend_, std::nullopt, [&](weights_call call, std::string& bytes) {
    if (call == weights_call::await_latest) {
      const auto reply = decode_call<await_weights_reply>(bytes);
      if (!reply.what.file.empty() && ++files == 1) {
        flip_a_byte_of(reply.what.file, 4096 + 1000);
      }
    }
  });
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_EQ(counts.full, 1U);
  EXPECT_EQ(counts.mapped, 1U);
}

TEST_F(WeightsTravel, AFileOfOtherWordsIsNotTakenForTheVersion) {
  int replies = 0;
  const auto counts = travel(backend_, std::nullopt, [&](weights_call call, std::string& bytes) {
    if (call == weights_call::await_latest) {
      const auto reply = decode_call<await_weights_reply>(bytes);
      if (!reply.what.file.empty() && ++replies == 1) { // whole in itself, but not what was published
        const auto other = random_words(many, 66);
        const auto sum = weights::checksum(other);
        std::fstream file{reply.what.file, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(32); // the checksum in its header
        file.write(reinterpret_cast<const char*>(&sum), sizeof sum);
        file.seekp(4096);
        file.write(reinterpret_cast<const char*>(other.data()), 4 * many);
      }
    }
  });
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_EQ(counts.full, 1U);
}

TEST_F(WeightsTravel, FilesThatAreNotToBeSeenAreReplacedByTheWire) {
  const auto counts = travel(backend_, std::nullopt, [](weights_call call, std::string& bytes) {
    if (call == weights_call::await_latest) {
      auto reply = decode_call<await_weights_reply>(bytes);
      if (reply.found && !reply.what.file.empty()) {
        reply.what.file = "/nowhere/7"; // a container's own file system
        bytes = encode(reply);
      }
    }
  });
  EXPECT_EQ(counts.failed, 2U); // each tried once
  EXPECT_EQ(counts.rejected, 0U);
  EXPECT_EQ(counts.full, 1U);
  EXPECT_EQ(counts.changed, 1U);
}

TEST_F(WeightsTravel, NoneOfManyVersionsStaysInMemory) {
  learner_end there{backend_};
  generator_end near{there.server->endpoint(), backend_};
  generator_end far{there.server->endpoint(), backend_, elsewhere};
  std::vector<std::weak_ptr<const gpu::weights>> all;
  for (std::uint64_t v = 0; v < 20; ++v) {
    auto w = weights_of(v, one_percent_changed(random_words(10'000, 1), static_cast<std::uint32_t>(v)));
    there.board->publish(grpo_stage, w);
    ASSERT_TRUE(near.has(grpo_stage, *w));
    ASSERT_TRUE(far.has(grpo_stage, *w));
    all.emplace_back(w);
    EXPECT_LE(files_under(there.shm.path()), 3U);
    EXPECT_LE(there.door->held(), 2U);
  }
  EXPECT_EQ(far.follower->read().changed, 19U);
  EXPECT_TRUE(eventually([&] { // the latest, the one before, and the one that was read whole
    return std::count_if(all.begin(), all.end(), [](const auto& w) { return !w.expired(); }) <= 3;
  }));
  EXPECT_EQ(near.board->all_published().size(), 1U);
  EXPECT_EQ(far.board->all_published().size(), 1U);
}

TEST_F(WeightsTravel, ASlowReaderComesToItsEndWhateverIsPublishedMeanwhile) {
  std::weak_ptr<weights_board> board;
  int chunks = 0;
  learner_end there{backend_, "tcp://127.0.0.1:0", [&](weights_call call, std::string&) {
                      if (call == weights_call::chunk && ++chunks <= 5) { // two versions go by with each chunk
                        for (const std::uint64_t more : {1, 2}) {
                          board.lock()->publish(grpo_stage, weights_of(2 * static_cast<std::uint64_t>(chunks) + more,
                                                                       random_words(10, more)));
                        }
                      }
                    }};
  board = there.board;
  there.board->publish(grpo_stage, weights_of(0, random_words(2 * many, 1))); // six chunks, three at a time
  generator_end here{there.server->endpoint(), backend_, elsewhere};
  EXPECT_TRUE(here.has(grpo_stage, *weights_of(12, random_words(10, 2))));
  const auto counts = here.follower->read();
  EXPECT_EQ(counts.full, 2U); // version 0 was read to its end
  EXPECT_EQ(counts.rejected + counts.failed, 0U) << counts.last_failure;
}

TEST_F(WeightsTravel, WithoutRoomForFilesTheWireIsUsed) {
  const auto board = std::make_shared<weights_board>();
  weights_door door{{.board = board,
                     .backend = backend_,
                     .tokenizer_folder = "/nowhere",
                     .shm_folder = "/nowhere",
                     .life = wire::new_incarnation()}};
  const wire::server server{{}, door.handler()};
  generator_end here{server.endpoint(), backend_};
  const auto w = weights_of(1, random_words(10, 1));
  board->publish(grpo_stage, w);
  ASSERT_TRUE(here.has(grpo_stage, *w));
  EXPECT_EQ(here.follower->read().full, 1U);
  EXPECT_EQ(door.read().file_failures, 1U);
}

TEST_F(WeightsTravel, TheTokenizerTravelsToo) {
  learner_end there{backend_};
  const auto client = client_of(there.server->endpoint());
  const auto files = fetch_tokenizer(*client, std::chrono::seconds{20});
  EXPECT_EQ(files, (std::map<std::string, std::string>{{"notes.txt", "n"}, {"tokenizer.json", "{}"}}));
  const auto nobody = client_of("tcp://127.0.0.1:9");
  EXPECT_THROW(fetch_tokenizer(*nobody, std::chrono::milliseconds{50}), error);
}

TEST_F(WeightsTravel, AFollowerOfNobodyEndsAtOnce) {
  generator_end here{"tcp://127.0.0.1:9", backend_};
  here.board->find_or_want(grpo_stage, policy_version{1});
  const auto began = std::chrono::steady_clock::now();
  here.follower.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

TEST_F(WeightsTravel, BytesThatAreNoRequestAreRefused) {
  learner_end there{backend_};
  const auto client = client_of(there.server->endpoint());
  for (const auto call :
       {weights_call::describe, weights_call::await_latest, weights_call::fetch, weights_call::chunk}) {
    std::promise<wire::outcome> promise;
    client->request({static_cast<std::uint16_t>(call), {wire::make_part("nonsense")}}, std::chrono::seconds{20},
                    [&](wire::outcome how) { promise.set_value(std::move(how)); });
    const auto how = promise.get_future().get();
    ASSERT_FALSE(how.failure);
    EXPECT_EQ(how.reply.kind, static_cast<std::uint16_t>(errc::invalid));
  }
}

} // namespace
} // namespace troupe::actors
