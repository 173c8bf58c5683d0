"""`make demo-gpu`: every promise of the example, measured on the NVIDIA GPU of this machine, and merged.

A sandbox GitHub, the real service and a local engine start; a maintainer comments `/discharge CPU-GPU-*`; the App runs
the legs on the CPU and on the GPU, one of them with a GPU path that is broken on purpose, judges them, signs the
evidence, and merges. With a folder, the evidence is copied there, with the key that verifies it.

  examples/gpu.py [FOLDER]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from demo import NAME, SMOKE, TARGET, WEIGHTS, Story, shown
from stage import Stage, run
from view import View, console, show

ASKED = "/discharge CPU-GPU-*"


def main() -> None:
    """Tell the story; leave with 1 if not every promise was measured and held."""
    if not WEIGHTS.is_file():
        sys.exit(f"the model's weights are not at {WEIGHTS.name} in the environment; run: make install")
    view = View()
    with Stage(TARGET, NAME, view.hear) as stage:
        stage.sandbox.world.on_hook.append(view.hook)
        story = Story(stage, view)
        story.found()
        story.land()
        with view.step(f"3. A maintainer comments: {ASKED}", "the App works …"):
            status = story.say(story.landed[-1], ASKED)
        show("the App's one comment", status, lines=60)
        show_check(stage)
        number, pull = stage.pull("discharge/")
        if not pull["merged"]:
            sys.exit(f"#{number} was not merged by itself")
        story.git("fetch", "--quiet", "origin")
        story.git("reset", "--quiet", "--hard", "origin/main")
        keep(stage.public, Path(sys.argv[1]) if sys.argv[1:] else None)


def show_check(stage: Stage) -> None:
    """Show what was measured; leave if a promise did not hold or was not measured."""
    check = stage.checks(SMOKE)[-1]
    show(f"check “{SMOKE}”: {check['conclusion']}", f"{check['title']}\n\n{check['summary']}", lines=60)
    if check["conclusion"] != "success":
        sys.exit("not every promise was measured and held: an NVIDIA GPU and torch are needed")


def keep(public: str, target: Path | None) -> None:
    """Verify the evidence, and copy it with the key to *target*, where there is one."""
    (folder,) = (TARGET / "checkout" / "evidence").glob("cpu-gpu-*")
    done = run(Path(sys.executable).with_name("discharge"), "verify", folder, "--repository", NAME, folder=TARGET)
    console.print((done.stdout + done.stderr).rstrip(), markup=False, soft_wrap=True)
    if done.returncode:
        sys.exit("the evidence could not be verified")
    if target:
        shutil.copytree(folder, target / folder.name)
        (target / "key.txt").write_text(f"{public}\n", encoding="utf-8")
    console.print(f"the evidence is in {target / folder.name if target else shown(folder)}")


if __name__ == "__main__":
    main()
