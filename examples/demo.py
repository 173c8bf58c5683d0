"""`make demo`: the App from a comment to a merged pull request, on a GitHub that runs here, in under a minute.

A sandbox GitHub, the real service and a local engine start; three pull requests merge; a maintainer comments
`/discharge CPU-GPU-004`; what the App does is shown as it happens. Nothing leaves this machine.

  examples/demo.py                      tell the story and end
  examples/demo.py --keep               leave everything running for a look around; Ctrl-C ends it
  examples/demo.py --say 103 "/status"  comment, from another terminal, on a demo that was kept running
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path

from stage import Stage, run
from view import View, console, show, show_diff

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "g2p"
TARGET = ROOT / "build" / "demo"
NAME = "acme/g2p"
WEIGHTS = Path(sysconfig.get_path("purelib")) / "g2p_en" / "checkpoint20.npz"
CONTRACT = "contracts/g2p-cpu-vs-gpu-output-parity-v1.yaml"
SPEC = "docs/specifications/g2p-spec.md"
SMOKE = "discharge smoke cpu-gpu"


def shown(path: Path) -> str:
    """Return a path relative to the checkout."""
    return str(path.relative_to(ROOT))


class Story:
    """The steps, in order; every step leaves with 1 if something is not what it should be."""

    def __init__(self, stage: Stage, view: View) -> None:
        """Play on *stage*, shown by *view*."""
        self.stage, self.view = stage, view
        self.landed: list[int] = []

    def tell(self) -> None:
        """Tell the story from beginning to end."""
        self.found()
        self.land()
        self.discharge()
        self.try_gpu()
        self.mistype()
        self.amend()
        self.verify()

    def git(self, *args: str) -> str:
        """Run git in the checkout; its output."""
        done = run("git", *args, folder=TARGET / "checkout")
        if done.returncode:
            sys.exit(f"git {args[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def found(self) -> None:
        """Make the repository of the example, put it on the sandbox, install the App."""
        checkout = TARGET / "checkout"
        with self.view.step("1. A repository with contracts, a spec, a smoke and a model; the App is installed", "…"):
            shutil.copytree(EXAMPLE, checkout, ignore=shutil.ignore_patterns("landings", "__pycache__"))
            (checkout / "models").mkdir()
            shutil.copy2(WEIGHTS, checkout / "models" / "checkpoint20.npz")
            with (checkout / ".github" / "discharge.yml").open("a", encoding="utf-8") as config:
                config.write(f"keys: ['{self.stage.public}']  # what this App signs counts here\n")
            self.git("init", "--quiet", "--initial-branch=main")
            self.git("add", "--all")
            self.git("commit", "--quiet", "-m", "The beginning")
            self.stage.found(checkout, 100)
            self.git("remote", "add", "origin", f"{self.stage.sandbox.url}/{NAME}.git")
            self.stage.settle()
        console.print(f"{NAME}: {len(self.git('ls-files').splitlines())} files, the App may act there")

    def land(self) -> None:
        """Merge three pull requests, each after its check."""
        title = "2. Three pull requests are checked, and merge; the third makes the spec's amendment due"
        with self.view.step(title, "the App checks and looks at each merge …"):
            for folder in sorted((EXAMPLE / "landings").iterdir()):
                head, _, body = (folder / "message.txt").read_text(encoding="utf-8").partition("\n")
                files = {
                    str(path.relative_to(folder)): path.read_bytes()
                    for path in sorted(folder.rglob("*"))
                    if path.is_file() and path.name != "message.txt" and "__pycache__" not in path.parts
                }
                head = head.rpartition(" (#")[0]
                self.view.note(f"a pull request: {head}")
                sandbox = self.stage.sandbox
                number = sandbox.open_pull(NAME, f"change-{folder.name}", head, body.strip(), files=files)
                self.stage.settle()
                self.demand_success()
                self.view.note(f"#{number} is merged")
                sandbox.merge(NAME, number)
                self.stage.settle()
                self.landed.append(number)
        number, pull = self.stage.pull("spec/")
        what = "merged by itself, because nothing in it is open" if pull["merged"] else "is open"
        console.print(f"#{number} {what}: {pull['title']}", markup=False, soft_wrap=True)

    def demand_success(self) -> None:
        """Leave if a check of a pull request did not pass."""
        for check in self.stage.checks("discharge"):
            if check["conclusion"] not in {"success", "neutral"}:
                sys.exit(f"the check failed: {check['title']}\n{check['summary']}")

    def say(self, number: int, body: str) -> str:
        """Comment on a pull request as a maintainer; the status comment once all is done."""
        self.view.note(f"octo-maintainer on #{number}: {body}")
        self.stage.sandbox.comment(NAME, number, body)
        self.stage.settle()
        return self.stage.status(number)

    def discharge(self) -> None:
        """Discharge CPU-GPU-004: the program runs on the CPU, the log is judged, the pull request merges by itself."""
        asked = self.landed[-1]
        with self.view.step(f"3. A maintainer comments on #{asked}: /discharge CPU-GPU-004", "the App works …"):
            status = self.say(asked, "/discharge CPU-GPU-004")
        show(f"the App's one comment on #{asked}", status)
        number, pull = self.stage.pull("discharge/")
        if not pull["merged"]:
            sys.exit(f"#{number} was not merged by itself")
        show(f"#{number}, merged by itself once its check had passed", f"{pull['title']}\n\n{pull['body']}", lines=30)
        self.git("fetch", "--quiet", "origin")
        show_diff(f"what it changed in {CONTRACT}", self.show_landed(number, CONTRACT))

    def show_landed(self, number: int, path: str) -> str:
        """Return what a merged pull request changed in a file."""
        landed = self.git("log", "--format=%H %s", "origin/main").splitlines()
        commit = next(line.split()[0] for line in landed if line.endswith(f"(#{number})"))
        return self.git("diff", "-U0", f"{commit}^", commit, "--", path)

    def try_gpu(self) -> None:
        """Ask for a promise that needs a GPU: measured where there is one, and said not to be where there is none."""
        asked = self.landed[-1]
        with self.view.step("4. CPU-GPU-002 needs a GPU; nothing is claimed that was not measured", "the App works …"):
            self.say(asked, "/discharge CPU-GPU-002")
        check = self.stage.checks(SMOKE)[-1]
        newest = next(c for c in self.stage.checks(SMOKE) if "CPU-GPU-002" in f"{c['title']}{c['summary']}")
        show(f"check “{check['name']}”: {newest['conclusion']}", f"{newest['title']}\n\n{newest['summary']}", lines=16)

    def mistype(self) -> None:
        """Misspell the command."""
        asked = self.landed[1]
        with self.view.step("5. A slip of the pen", "the App answers …"):
            status = self.say(asked, "/dischrage CPU-GPU-004")
        show(f"the App's comment on #{asked}", status)

    def amend(self) -> None:
        """Show the amendment that the discharge was reason for, open or merged by itself."""
        console.print()
        console.rule("[bold]6. The discharge is a landmark: the spec's next amendment", align="left")
        number, pull = self.stage.pull("spec/")
        console.print(f"#{number} ({pull['state']}): {pull['title']}", markup=False, soft_wrap=True)
        self.git("fetch", "--quiet", "origin")
        proposed = ("diff", "-U0", "origin/main", f"origin/{pull['branch']}", "--", SPEC)
        diff = self.show_landed(number, SPEC) if pull["merged"] else self.git(*proposed)
        show_diff(f"what it changes in {SPEC}", diff, lines=70)

    def verify(self) -> None:
        """Verify what the App signed, without the App."""
        console.print()
        console.rule("[bold]7. Anybody can verify the evidence, offline", align="left")
        self.git("reset", "--quiet", "--hard", "origin/main")
        (folder,) = (TARGET / "checkout" / "evidence").glob("cpu-gpu-004-*")
        done = run(Path(sys.executable).with_name("discharge"), "verify", folder, "--repository", NAME, folder=ROOT)
        console.print(f"$ discharge verify {shown(folder)}", style="bold cyan", markup=False, soft_wrap=True)
        console.print((done.stdout + done.stderr).rstrip(), markup=False, soft_wrap=True)
        if done.returncode:
            sys.exit("the evidence could not be verified")


def look_around(stage: Stage, asked: int) -> None:
    """Leave everything running until Ctrl-C, and say what to try."""
    api, token = stage.sandbox.url, stage.sandbox.sign_in("octo-maintainer")
    (TARGET / "running.json").write_text(json.dumps({"url": api, "name": NAME}), encoding="utf-8")
    console.rule("[bold]It goes on until Ctrl-C; from another terminal", align="left")
    python = f"{shown(Path(sys.executable).parent)}/python" if ROOT in Path(sys.executable).parents else sys.executable
    for what, command in (
        ("comment as a maintainer", f'{python} examples/demo.py --say {asked} "/help"'),
        ("another command", f'{python} examples/demo.py --say {asked} "/explain CPU-GPU-*"'),
        (
            "the comments, as GitHub's API has them",
            f"curl -s -H 'Authorization: token {token}' {api}/repos/{NAME}/issues/{asked}/comments",
        ),
        ("all pull requests", f"curl -s -H 'Authorization: token {token}' '{api}/repos/{NAME}/pulls?state=all'"),
        ("the repository", f"git clone {api}/{NAME}.git"),
        ("the service's health and numbers", f"curl -s {stage.url}/readyz; curl -s {stage.url}/metrics"),
        ("its log", f"tail -f {shown(TARGET / 'service.log')}"),
        (
            "what failed too often",
            f"{python.removesuffix('python')}discharge parked --env-file {shown(stage.settings)}",
        ),
    ):
        console.print(f"  {what}")
        console.print(f"    {command}", style="cyan", markup=False, soft_wrap=True)
    try:
        while True:
            time.sleep(3600)
    finally:
        (TARGET / "running.json").unlink()


def say(number: int, body: str) -> None:
    """Comment on a demo that was kept running, and show the App's comment once it is edited and nothing runs."""
    try:
        where = json.loads((TARGET / "running.json").read_text(encoding="utf-8"))
    except OSError:
        sys.exit("no demo is running; start one with: make demo KEEP=1")

    def ask(verb: str, *args: object) -> object:
        data = json.dumps({"args": [where["name"], *args]}).encode()
        request = urllib.request.Request(f"{where['url']}/_sandbox/{verb}", data)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def read() -> str:
        pull = ask("snapshot")["issues"].get(str(number)) or sys.exit(f"there is no #{number}")  # type: ignore[index]
        said = [c["body"] for c in pull["comments"] if c["body"].startswith("<!-- discharge:status")]
        return said[0].partition("\n")[2] if said else ""

    before = read()
    ask("comment", number, body)
    for _ in range(150):
        time.sleep(0.2)
        after = read()
        if after != before and "** · waiting\n" not in after:
            break
    else:
        console.print("within 30 s the App did not change its comment" if after == before else "it runs still")
    show(f"the App's comment on #{number}", after, lines=60, newest=True)


def main() -> None:
    """Tell the story; or say something in one that was kept running."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    parser.add_argument("--say", nargs=2, metavar=("NUMBER", "TEXT"), help="comment on a demo that runs")
    given = parser.parse_args()
    if given.say:
        number = given.say[0].removeprefix("#")
        return say(int(number), given.say[1]) if number.isdecimal() else parser.error("NUMBER is a pull request's: 103")
    if not WEIGHTS.is_file():
        sys.exit(f"the model's weights are not at {WEIGHTS.name} in the environment; run: make install")
    begun, view = time.monotonic(), View()
    console.print("A GitHub of our own, the service and an engine start here; nothing leaves this machine.")
    try:
        with Stage(TARGET, NAME, view.hear) as stage:
            stage.sandbox.world.on_hook.append(view.hook)
            story = Story(stage, view)
            story.tell()
            asked = len(stage.sandbox.requests())
            console.print(f"\nThat took {time.monotonic() - begun:.0f} s and {asked} requests to the sandbox.")
            if given.keep:
                look_around(stage, story.landed[-1])
            console.print(
                f"Look around in [bold]{shown(TARGET / 'checkout')}[/], or leave it running: make demo KEEP=1"
            )
    except KeyboardInterrupt:
        console.print("\nended")
    return None


if __name__ == "__main__":
    main()
