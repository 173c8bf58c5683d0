from tests.story.explore import *
def test_amend(stage):
    stage.found(landed=False, config=SPEAK.replace("docs/speak-spec.md}", "docs/speak-spec.md, cadence: {landed: 3, landmarks: [discharge]}}").replace('path: docs/speak-spec.md}','path: docs/speak-spec.md}')+WAIT, required=False)
    for n in range(3): stage.land(f"feat(voice): part {n}")
    show(stage)
    t=time.time()
    stage.land("feat(ear): listen")
    print("FOUR", stage.pull('spec/')['title'], stage.branches())
    print(stage.asked()[-12:])
    n=[k for k,v in stage.pulls().items() if v['branch'].startswith('spec/')][0]
    stage.say(n, '/amend title="Voices and ears"\n/ship MODEL-1 +1 because it listens\n/why 5 because nobody listened before')
    show(stage, n)
    print(stage.messages(stage.pull('spec/')['branch'])[0])
    print(stage.messages(stage.pull('spec/')['branch'])[:3])
