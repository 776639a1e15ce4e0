"""troupectl looks into a run while it works, after it was killed and after it ended, and changes nothing by it."""
import json
import subprocess
import unittest

from runs import DEADLINE_S, PROGRAMS, RunTest, kill

AT_ONCE = 4  # how many look at the same time
# Long enough that it is still at work when the last look at it has ended.
LONGER = ("stages.reasoning_rl.max_steps=200", "stages.reasoning_rl.save_steps=50", "stages.reasoning_rl.eval_steps=50")


def ctl(*arguments):
    return subprocess.Popen([PROGRAMS / "troupectl", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def answer(process):
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, err


class Looking(RunTest):
    def look(self, run):
        """The counts that several see at once; each copy is of a moment, and at every moment all is accounted for."""
        seen = []
        for looking in [ctl("--run", run.folder, "doctor", "-o", "json") for _ in range(AT_ONCE)]:
            status, out, err = answer(looking)
            self.assertEqual(status, 0, err)
            seen.append(json.loads(out))
            self.assertTrue(seen[-1]["conserved"], out)
        return seen

    def test_a_live_a_killed_and_an_ended_run(self):
        whole = self.run_of("small", *LONGER, called="whole")
        self.assertEqual(whole.finish(), 0, whole.said()[-2000:])
        run = self.run_of("small", *LONGER, called="looked-at")
        process = run.start()
        run.wait_for("reasoning_rl stage 2/6 step 4/", process)
        steps = max(counts["steps"] for counts in self.look(run))
        self.assertGreaterEqual(steps, 160 + 4)
        run.wait_for("reasoning_rl stage 2/6 step 9/", process)
        self.assertGreater(min(counts["steps"] for counts in self.look(run)), steps, "a later look sees more")
        self.assertIsNone(process.poll(), "the run was live all the while")

        status, _, err = answer(ctl("--store", run.folder, "status"))
        self.assertEqual(status, 4, err)
        self.assertIn(f"process {process.pid} at endpoint unix:{run.folder}/control.sock", err)
        status, _, err = answer(ctl("--run", run.folder, "quarantine", "1t47", "--yes"))
        self.assertNotEqual(status, 0, "a live run was written to")

        kill(process)
        self.assertTrue((run.folder / "control.sock").exists(), "what a killed run leaves")
        self.look(run)
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        self.look(run)
        self.assertFalse((run.folder / "control.sock").exists())
        self.assertFalse((run.folder / "copies").exists())
        self.assert_accounted(run)
        self.assert_same_weights(run, whole)


if __name__ == "__main__":
    unittest.main()
