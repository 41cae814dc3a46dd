"""What the checks of this folder share: runs of leakgate that are known by an environment variable
of their own, and what must hold after each, whatever was done to it."""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as tree

VARIABLE = "LG_SURVIVAL_ID"
MARK = f"leakgate-survival.{os.getpid()}"
SHARED_MEMORY = "/dev/shm"

FAILING = {"failed", "crashed", "timed out", "exited early"}
ELEMENTS = {"passed": None, "failed": "failure", "leaked": "failure", "skipped": "skipped", "broken": "error"}
# The rows of the program have no verdict of their own.
TYPES = {"test.assertion": "failed", "test.crash": "crashed", "test.timeout": "timed out",
         "test.exit": "exited early", "leakgate.broken": "broken"}


class Check:
    """One check: its options, its seed, its folder, and what has gone wrong."""

    def __init__(self, name, description, count=None):
        parser = argparse.ArgumentParser(prog=name, description=description)
        parser.add_argument("leakgate")
        parser.add_argument("programs", help="the folder of the fixture programs")
        parser.add_argument("--seed", type=int, default=None, help="as a failure has told it")
        parser.add_argument("--keep", action="store_true", help="keep the folder of each failure")
        if count is not None:
            parser.add_argument("--count", type=int, default=count, help=f"by default {count}")
        self.parser = parser
        self.name = name
        self.failures = 0
        self.right = 0

    def start(self):
        options = self.parser.parse_args()
        self.options = options
        self.leakgate = os.path.realpath(options.leakgate)
        self.programs = os.path.realpath(options.programs)
        self.seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
        self.random = random.Random(self.seed)
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="leakgate-survival."))
        self.begun = time.monotonic()
        self.shared = set(os.listdir(SHARED_MEMORY))
        print(f"{self.name}: seed {self.seed}", flush=True)
        return options

    def program(self, name):
        return os.path.join(self.programs, name)

    def fail(self, what, why, run=None):
        self.failures += 1
        print(f"wrong: {what}: {why}", flush=True)
        if run is not None:
            for line in (run.err or "").splitlines()[-4:]:
                print(f"    stderr: {line}")
            if self.options.keep:
                print(f"    kept: {run.folder}")
                run.folder = None

    def judge(self, what, problems, run):
        for why in problems:
            self.fail(what, why, run)
        self.right += not problems

    def finish(self):
        if not (self.failures and self.options.keep):
            # A folder may have been made read-only.
            subprocess.run(["chmod", "-R", "u+rwx", self.root], check=False)
            shutil.rmtree(self.root, ignore_errors=True)
        seconds = time.monotonic() - self.begun
        again = f"; again with --seed {self.seed}" if self.failures else ""
        print(f"{self.name}: {self.right} right, {self.failures} wrong, {seconds:.1f} s{again}")
        raise SystemExit(1 if self.failures or not self.right else 0)


def environment(identity, temporary, further):
    """Ours without what would steer leakgate, and with what its processes are known by."""
    steering = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "LD_PRELOAD", "MALLOC_ARENA_MAX")
    result = {key: value for key, value in os.environ.items()
              if not key.startswith("LEAKGATE_") and key not in steering}
    result.update({VARIABLE: identity, "TMPDIR": temporary, **further})
    return result


class Run:
    """One run of leakgate in folders of its own: `work`, where it is started and writes to, and
    `tmp`, its TMPDIR."""
    number = 0

    def __init__(self, check):
        Run.number += 1
        self.check = check
        self.identity = f"{MARK}.{Run.number}"
        self.folder = os.path.join(check.root, str(Run.number))
        self.work = os.path.join(self.folder, "work")
        self.temporary = os.path.join(self.folder, "tmp")
        self.out = self.err = None
        self.process = None
        os.makedirs(self.work)
        os.makedirs(self.temporary)

    def path(self, name):
        return os.path.join(self.work, name)

    def start(self, arguments, further=None, prepare=None, **streams):
        """PREPARE is called in the new process, before leakgate is."""
        self.files = [open(os.path.join(self.folder, name), "wb") for name in ("out", "err")]
        streams = {"stdin": subprocess.DEVNULL, "stdout": self.files[0], "stderr": self.files[1], **streams}
        self.process = subprocess.Popen(
            [self.check.leakgate, *arguments], cwd=self.work, preexec_fn=prepare,
            env=environment(self.identity, self.temporary, further or {}), **streams)

    def wait(self, seconds=60):
        """Returns the exit status, a negative signal, or None where it has not ended by then."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        for file in self.files:
            file.close()
        self.out, self.err = (open(os.path.join(self.folder, name), errors="replace").read()
                              for name in ("out", "err"))
        # What counts coverage has its own to say where it can't write.
        self.err = "".join(line for line in self.err.splitlines(True) if not line.startswith("profiling:"))
        return status

    def processes(self):
        return processes_of(self.identity)

    def leftovers(self, expected, seconds=5):
        """What is left that may not be: processes after SECONDS, and files other than EXPECTED."""
        problems = []
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.01)
        if left:
            problems.append("left behind: " + ", ".join(f"{pid} {name_of(pid)}" for pid in left))
            for pid in left:
                end(pid, self.identity)
        files = set(os.listdir(self.work)) - set(expected)
        files |= {"$TMPDIR/" + name for name in os.listdir(self.temporary)}
        files |= {name for name in set(os.listdir(SHARED_MEMORY)) - self.check.shared if "leakgate" in name}
        if files:
            problems.append("left behind: " + ", ".join(sorted(files)))
        return problems

    def remove(self):
        if self.folder is not None:
            subprocess.run(["chmod", "-R", "u+rwx", self.folder], check=False)
            shutil.rmtree(self.folder, ignore_errors=True)


def is_of(pid, identity):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"{VARIABLE}={identity}".encode() in file.read().split(b"\0")
    except OSError:
        return False


def processes_of(identity):
    """Those that were started with IDENTITY: no others than this check's."""
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_of(pid, identity)]


def children_of(pid):
    try:
        return [int(child) for task in os.listdir(f"/proc/{pid}/task")
                for child in open(f"/proc/{pid}/task/{task}/children").read().split()]
    except OSError:
        return []


def name_of(pid):
    try:
        return open(f"/proc/{pid}/cmdline").read().split("\0")[0]
    except OSError:
        return "(gone)"


def end(pid, identity, number=signal.SIGKILL):
    """Sends NUMBER to the process, if it is of IDENTITY. Returns whether it was there."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        # With the handle held, the number is nobody else's.
        if not is_of(pid, identity):
            return False
        signal.pidfd_send_signal(handle, number)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


def verdict_of(case):
    for item in case.iter("property"):
        if item.get("name") == "verdict":
            return item.get("value")
    for item in case:
        if item.tag == "skipped":
            return "skipped"
        if item.tag in ("failure", "error"):
            return TYPES.get(item.get("type"), "none")
    return "none"


class Report:
    """A JUnit report: its rows, as (verdict, message) by "suite/test", of several programs by
    "program:suite/test"."""

    def __init__(self, path):
        self.rows = {}
        self.problems = []
        counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        root = tree.parse(path).getroot()
        suites = root.findall("testsuite")
        for suite, case in ((suite, case) for suite in suites for case in suite.iter("testcase")):
            name = f"{case.get('classname')}/{case.get('name')}"
            if len(suites) > 1:
                name = f"{suite.get('name')}:{name}"
            element = next((e for e in case if e.tag in ("failure", "error", "skipped")), None)
            verdict = verdict_of(case)
            if name in self.rows:
                self.problems.append(f"two rows {name}")
            wanted = ELEMENTS.get(verdict, "error")
            if wanted != (None if element is None else element.tag):
                self.problems.append(f"{name}: {verdict} without its element")
            self.rows[name] = verdict, "" if element is None else element.get("message", "")
            counts["tests"] += 1
            if element is not None:
                counts[element.tag + "s" if element.tag != "skipped" else "skipped"] += 1
        for key, value in counts.items():
            if root.get(key) is not None and int(root.get(key)) != value:
                self.problems.append(f"{key}={root.get(key)}, not {value}")

    def status(self):
        """The exit status that these rows stand for."""
        verdicts = {verdict for verdict, _ in self.rows.values()}
        return 1 if verdicts & FAILING else 4 if "broken" in verdicts else 2 if "leaked" in verdicts else 0


def read_report(path):
    """Returns the report, or None where there is none, and what is wrong with it."""
    if not os.path.lexists(path):
        return None, []
    try:
        report = Report(path)
    except (tree.ParseError, OSError) as error:
        return None, [f"no XML: {error}, {os.path.getsize(path)} bytes"]
    return report, report.problems


def one_line(err):
    """What is wrong with ERR, which has to be one clear line of leakgate's."""
    lines = err.splitlines()
    if len(lines) != 1 or not lines[0].startswith("leakgate: "):
        return [f"{len(lines)} lines on stderr, not one of leakgate's"]
    return []


def read(path):
    """The text of the file; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def is_whole(name, text):
    """Whether TEXT is all that a file called NAME has to have, by how each kind of them ends."""
    if name.endswith(".xml"):
        return text.rstrip().endswith("</testsuites>")
    if name.endswith(".html"):
        return text.rstrip().endswith("</html>")
    if name == "metrics.txt":
        return text.endswith("# EOF\n")
    if name.endswith((".sarif", ".json")):
        try:
            return isinstance(json.loads(text), (list, dict))
        except ValueError:
            return False
    return text.endswith("\n")
