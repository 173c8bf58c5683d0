
from tests.story.stage import *
import time,sys
def show(stage, *numbers):
    for n, pull in stage.pulls().items():
        if numbers and n not in numbers: continue
        print('='*20, n, pull['title'], pull['branch'], pull['state'], pull['merged'], pull['labels'], pull['author'])
        print(pull['body'])
        for c in pull['comments']:
            b=c['body']
            if b.startswith('<!-- discharge:status'): b=b.partition("\n")[2]
            print('--', c['author'], c['reactions'], c['minimized']); print(b)
    for c in stage.sandbox.snapshot(stage.name)['checks']:
        print('CHECK', c['name'], c['status'], c['conclusion'], c['title'], c['annotations'], '|', c['commit'].split(chr(10))[0]); print('   ', c['summary'][:700].replace(chr(10), chr(10)+'    '))
