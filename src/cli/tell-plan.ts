import type { Planned, UpgradePreview } from '../app/node/index.ts'
import { EXIT } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import { isNoop } from '../node/index.ts'
import { describeCheck, describeEffect, describePlan } from './describe.ts'
import { describeFindings } from './describe-findings.ts'
import type { Output } from './output.ts'

/** Tells people what an upgrade is about to do. */
export function sayPlanned({ plan, findings }: Planned, output: Output): void {
  output.say(describePlan(plan, output))
  const told = findings.filter(({ severity }) => severity !== 'info')
  for (const line of describeFindings(told, output)) output.say(line)
}

/** Prints what an upgrade would do; its exit code says whether it may. */
export function printPlan({ plan, check, findings, effects }: UpgradePreview, output: Output): ExitCode {
  output.data({ schema: 'anneal.plan/1', plan, check, findings, effects }, () =>
    [
      describePlan(plan, output),
      describeCheck(check, output),
      ...describeFindings([...check.findings, ...findings], output),
      ...(isNoop(plan)
        ? ['nothing to do']
        : ['steps:', ...effects.map((effect) => `  ${describeEffect(effect)}`)]),
    ].join('\n'),
  )
  if (findings.some(({ severity }) => severity === 'refuse')) return EXIT.refused
  if (check.verdict === 'clear' || (check.verdict === 'rescue' && plan.rescue)) return EXIT.ok
  return check.reason?.code === 'GUESTS_ENDANGERED' ? EXIT.endangered : EXIT.refused
}

/** Prints what a way back would do; its exit code says whether it may. */
export function printWayBack(
  { plan, check }: Pick<UpgradePreview, 'plan' | 'check'>,
  output: Output,
): ExitCode {
  output.data({ schema: 'anneal.plan/1', plan, check }, () =>
    [
      describePlan(plan, output),
      describeCheck(check, output),
      ...describeFindings(check.findings, output),
    ].join('\n'),
  )
  return check.verdict === 'refuse' ? EXIT.refused : EXIT.ok
}

/** Prints an upgrade that was refused because of the release itself. */
export function refused(planned: Planned, output: Output): ExitCode {
  const { plan, findings } = planned
  output.data({ schema: 'anneal.refusal/1', plan, findings }, () => 'refused: nothing was touched')
  return EXIT.refused
}
