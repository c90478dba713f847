"""modules.py FILE MODULE...: runs modules of Python's own tests; into FILE goes a line a test: its name and how it ended. Runs on both kernels, to be compared."""
import faulthandler, sys, unittest
from test import support

support.use_resources = ['cpu', 'subprocess']  # no network, no gigabytes
support.verbose = 0
MOST = 120  # seconds a test: longer is a hang


class Result(unittest.TestResult):
    """Writes each end down at once: what hangs later must not take it along."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines

    def startTest(self, test):
        faulthandler.dump_traceback_later(MOST, exit=True)
        super().startTest(test)

    def say(self, how, test, why=''):
        why = str(why).strip().splitlines()
        print(how, test.id(), *why[-1:], file=self.lines, flush=True)

    def addSuccess(self, test):
        self.say('ok', test)

    def addError(self, test, err):
        self.say('error', test, self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self.say('failed', test, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self.say('skipped', test, reason)

    def addExpectedFailure(self, test, err):
        self.say('ok', test)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.say('failed', test, self._exc_info_to_string(err, test))


def main():
    faulthandler.enable()
    with open(sys.argv[1], 'w') as lines:
        for name in sys.argv[2:]:
            unittest.defaultTestLoader.loadTestsFromName('test.' + name).run(Result(lines))
            print('done', name, file=lines, flush=True)


if __name__ == '__main__':
    main()
