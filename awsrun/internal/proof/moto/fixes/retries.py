"""When Batch tries a job again.

moto keeps the retry strategy of a job definition, and never follows it. The rules are
those of the API reference, RetryStrategy and EvaluateOnExit.
"""

import re

PATTERNS = {
    'onExitCode': r'[0-9]*\*?',
    'onReason': r'[a-zA-Z0-9.:\s]*\*?',
    'onStatusReason': r'[a-zA-Z0-9.:\s]*\*?',
}


def check(strategy):
    """Returns what Batch would refuse about the strategy, or None."""
    attempts = strategy.get('attempts')
    rules = strategy.get('evaluateOnExit') or []
    if attempts is not None and not 1 <= attempts <= 10:
        return f'attempts must be from 1 to 10, not {attempts}'
    if rules and attempts is None:
        return 'evaluateOnExit needs attempts'
    if len(rules) > 5:
        return f'evaluateOnExit has {len(rules)} conditions; 5 are allowed'
    for rule in rules:
        if rule.get('action', '').upper() not in ('RETRY', 'EXIT'):
            return f'action {rule.get("action")!r} is neither RETRY nor EXIT'
        for key in rule.keys() - {'action'}:
            if not re.fullmatch(PATTERNS.get(key, '(?!)'), rule[key]) or not 1 <= len(rule[key]) <= 512:
                return f'evaluate on exit condition contains restricted characters: {key} {rule[key]!r}'
    return None


def again(strategy, attempt, outcome):
    """Says whether a job that has failed is tried again, after the attempt of that
    number, from 1."""
    if attempt >= (strategy.get('attempts') or 1):
        return False
    for rule in strategy.get('evaluateOnExit') or []:
        if all(matches(rule[key], value) for key, value in values(outcome).items() if key in rule):
            return rule['action'].upper() == 'RETRY'
    return True


def values(outcome):
    code = outcome.exit_code
    return {
        'onExitCode': None if code is None else str(code),
        'onReason': outcome.reason,
        'onStatusReason': outcome.status_reason,
    }


def matches(pattern, value):
    if value is None:
        return False
    if pattern.endswith('*'):
        return value.startswith(pattern[:-1])
    return value == pattern
