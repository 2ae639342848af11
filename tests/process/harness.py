# SPDX-License-Identifier: Apache-2.0
"""What the process tests share: a small log, runs of the program with and without faults, comparisons.

Environment: REPHRASED is the path of the program (required). RPH_ROUNDS multiplies the number of
random cases (default 1). RPH_SEED is the seed of all random choices (printed; default 1). CC compiles the
preloaded shims.
"""
import functools
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
FAULTS = os.path.join(os.path.dirname(HERE), "faults")
sys.path.insert(0, FAULTS)

SEED = int(os.environ.get("RPH_SEED", "1"))
ROUNDS = float(os.environ.get("RPH_ROUNDS", "1"))

# sysexits(3) codes that the manual documents for a failure.
DOCUMENTED_CODES = {64, 65, 66, 70, 71, 73, 74, 75, 78}


def rounds(count):
    return max(1, int(count * ROUNDS))


def program():
    path = os.environ.get("REPHRASED")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError("set REPHRASED to the path of the program")
    return os.path.abspath(path)


@functools.lru_cache(maxsize=None)
def has_address_sanitizer():
    with open(program(), "rb") as file:
        return b"__asan_init" in file.read()


_shims = tempfile.TemporaryDirectory(prefix="rephrased-shims-")


@functools.lru_cache(maxsize=None)
def shim(name):
    """Builds tests/faults/NAME.c and returns the path of the shared object."""
    target = os.path.join(_shims.name, name + ".so")
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O1", "-g", "-fPIC", "-shared",
                    "-D_GNU_SOURCE", "-o", target, os.path.join(FAULTS, name + ".c"),
                    "-ldl", "-lpthread"], check=True)
    return target


def read_number(path):
    with open(path, encoding="ascii") as file:
        return int(file.read())


def files_of(directory):
    """Relative path -> SHA-256 of every file that a reader may rely on: not those in the making."""
    result = {}
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                result[os.path.relpath(path, directory)] = hashlib.sha256(file.read()).hexdigest()
    return result


class Case(unittest.TestCase):
    """A log, and the undisturbed run that every disturbed one must end like."""

    sessions = 300
    weeks = 3
    users = 60
    partitions = 2
    batch = 150
    locales = ("en-US", "th-TH")

    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(SEED)
        cls.temporary = tempfile.TemporaryDirectory(prefix="rephrased-test-")
        # Real path: the shims compare with what the kernel says.
        cls.root = os.path.realpath(cls.temporary.name)
        cls.secret = os.path.join(cls.root, "secret")
        with open(cls.secret, "w", encoding="ascii") as file:
            file.write("5ec7e7" + "0" * 58 + "\n")
        os.chmod(cls.secret, 0o600)
        cls.make_logs()
        cls.expected = cls.make_place("expected")
        done = cls.replay(cls.expected)
        if done.returncode != 0:
            raise AssertionError(f"the undisturbed run failed: {done.stderr}")
        cls.expected_dump = cls.dump(cls.expected)
        cls.expected_files = files_of(os.path.join(cls.expected, "exports"))
        cls.expected_letters = files_of(os.path.join(cls.expected, "store", "dead-letters"))
        if not cls.expected_letters:
            raise AssertionError("the undisturbed run rejected nothing")
        if not any(path.endswith("_SUCCESS") for path in cls.expected_files):
            raise AssertionError("the undisturbed run exported nothing: the log is too small")
        print(f"{cls.__name__}: RPH_SEED={SEED}, {len(cls.expected_dump)} rows, "
              f"{len(cls.expected_files)} exported files", file=sys.stderr)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def make_logs(cls):
        command = ["generate", "--seed", str(SEED), "--sessions", str(cls.sessions), "--weeks",
                   str(cls.weeks), "--users", str(cls.users), "--partitions", str(cls.partitions),
                   "--out-dir", os.path.join(cls.root, "logs")]
        for locale in cls.locales:
            command += ["--locale", locale]
        os.mkdir(os.path.join(cls.root, "logs"))
        done = cls.run_program(command)
        if done.returncode != 0:
            raise AssertionError(f"generate failed: {done.stderr}")
        folder = os.path.join(cls.root, "logs")
        cls.logs = sorted(os.path.join(folder, name) for name in os.listdir(folder)
                          if name.endswith(".jsonl"))
        cls.spoil(cls.logs[0])

    @staticmethod
    def spoil(log):
        """Lines that are no events, so that the dead letters are part of every test."""
        with open(log, "rb") as file:
            lines = file.readlines()
        wrong = [b"{\n", b'{"event_id":"x"}\n', b"\xff\xfe\n", b"[]\n"]
        for number, line in enumerate(wrong):
            lines.insert(len(lines) * (number + 1) // 5, line)
        with open(log, "wb") as file:
            file.writelines(lines)

    # ---- runs ------------------------------------------------------------------------------------

    @classmethod
    def run_program(cls, arguments, preload=None, environment=None, timeout=300):
        variables = {"PATH": os.environ["PATH"], "HOME": cls.root, "LC_ALL": "C.UTF-8",
                     "XDG_CONFIG_HOME": os.path.join(cls.root, "config")}
        if preload:
            variables["LD_PRELOAD"] = shim(preload)
        options = ["abort_on_error=1", "handle_segv=0", "handle_abort=0"]
        if preload:
            options += ["verify_asan_link_order=0", "detect_leaks=0"]
        variables["ASAN_OPTIONS"] = ":".join(options)
        variables["UBSAN_OPTIONS"] = "abort_on_error=1:print_stacktrace=1"
        variables.update(environment or {})
        return subprocess.run([program(), *arguments], env=variables, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", timeout=timeout, check=False)

    @classmethod
    def make_place(cls, name):
        """A directory for a store, exports and dead letters."""
        place = os.path.join(cls.root, name)
        os.mkdir(place)
        return place

    @classmethod
    def replay_command(cls, place, extra=()):
        return ["replay", "--secret", cls.secret, "--store", os.path.join(place, "store"),
                "--export-dir", os.path.join(place, "exports"), "--batch", str(cls.batch),
                *extra, *cls.logs]

    @classmethod
    def replay(cls, place, preload=None, environment=None, extra=()):
        return cls.run_program(cls.replay_command(place, extra), preload, environment)

    @classmethod
    def dump(cls, place, store="store"):
        """Every row of the store, as lines."""
        done = cls.run_program(["verify", "--dump", "--store",
                                os.path.join(place, store)])
        if done.returncode != 0:
            raise AssertionError(f"verify --dump failed with {done.returncode}: {done.stderr}")
        return [line for line in done.stdout.splitlines() if line]

    # ---- assertions ------------------------------------------------------------------------------

    def assert_sound(self, place, store="store"):
        done = self.run_program(["verify", "--store",
                                 os.path.join(place, store)])
        self.assertEqual(done.returncode, 0, f"verify: {done.stdout}{done.stderr}")

    def assert_exports_whole(self, directory):
        """What has a final name is complete and what the undisturbed run wrote."""
        found = files_of(directory) if os.path.isdir(directory) else {}
        for week in sorted({path.split(os.sep)[0] for path in found}):
            whole = {path: digest for path, digest in self.expected_files.items()
                     if path.split(os.sep)[0] == week}
            part = {path: digest for path, digest in found.items()
                    if path.split(os.sep)[0] == week}
            self.assertEqual(part, whole, f"export {week} in {directory} is not whole")
            self.check_sums(os.path.join(directory, week))

    def check_sums(self, directory):
        self.assertTrue(os.path.exists(os.path.join(directory, "_SUCCESS")))
        done = subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"],
                              cwd=directory, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def assert_like_undisturbed(self, place):
        self.assertEqual(self.dump(place), self.expected_dump, "the rows differ")
        self.assertEqual(files_of(os.path.join(place, "exports")), self.expected_files,
                         "the exports differ")
        self.assertEqual(files_of(os.path.join(place, "store", "dead-letters")),
                         self.expected_letters, "the dead letters differ")

    def assert_completes(self, place):
        """Another run, without faults, ends like the undisturbed one."""
        done = self.replay(place)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_like_undisturbed(place)

    def assert_clear_error(self, done, codes, names=()):
        """A documented exit code, and a sentence for people that names one of `names`."""
        self.assertIn(done.returncode, codes, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        self.assertTrue(lines, "an error without a word")
        self.assertLessEqual(len(lines), 4, f"an error in too many words: {done.stderr}")
        self.assertNotIn("internal error", done.stderr)
        if names:
            self.assertTrue(any(name in done.stderr for name in names),
                            f"{done.stderr!r} names none of {names}")

    def remove(self, place):
        shutil.rmtree(place, ignore_errors=True)
