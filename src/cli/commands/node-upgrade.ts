import { openNode, previewUpgrade, upgradeNode } from '../../app/node/index.ts'
import type { Planned, UpgradePreview } from '../../app/node/index.ts'
import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { isNoop } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeCheck, describeEffect, describePlan } from '../describe.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import type { Output } from '../output.ts'
import { PLAN_FLAGS, upgradeWishes } from '../plan-flags.ts'
import { runControl, tell } from '../tell-run.ts'

export const nodePlan = command({
  path: ['node', 'plan'],
  summary: 'what an upgrade would do, who would die of it and why; changes nothing',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: { ...PLAN_FLAGS, ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'FILE is a locked Compose file (see `anneal node lock`). Exit code 3 says that guests or helpers would die, 4 that another check refuses.',
  async run({ flags, args, output }) {
    const world = await openNode(nodeOptions(flags), 'plan an upgrade')
    return printPlan(await previewUpgrade(world, upgradeWishes(args[0] ?? '', flags)), output)
  },
})

export const nodeUpgrade = command({
  path: ['node', 'upgrade'],
  summary: 'replace the whole release or nothing, with every guest proven alive',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    'dry-run': { kind: 'switch', help: 'print the plan and the check; change nothing', flagOnly: true },
    ...PLAN_FLAGS,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Fetches and creates everything first; the outage is only stop and start. A release that does not prove itself is rolled back.',
  async run({ flags, args, output, signal }) {
    const world = await openNode(nodeOptions(flags), 'upgrade the node')
    const wishes = upgradeWishes(args[0] ?? '', flags)
    if (flags['dry-run']) return printPlan(await previewUpgrade(world, wishes), output)
    const upgraded = await upgradeNode(world, wishes, {
      ...runControl(output, signal),
      onPlanned: (planned) => sayPlanned(planned, output),
    })
    return upgraded.outcome === 'ran' ? tell(upgraded.report, output) : refused(upgraded.planned, output)
  },
})

function sayPlanned({ plan, findings }: Planned, output: Output): void {
  output.say(describePlan(plan, output))
  const told = findings.filter(({ severity }) => severity !== 'info')
  for (const line of describeFindings(told, output)) output.say(line)
}

function printPlan({ plan, check, findings, effects }: UpgradePreview, output: Output): ExitCode {
  output.data({ schema: 'anneal.plan/1', plan, check, findings, effects }, () =>
    [
      describePlan(plan, output),
      describeCheck(check, output),
      ...describeFindings(findings, output),
      ...(isNoop(plan)
        ? ['nothing to do']
        : ['steps:', ...effects.map((effect) => `  ${describeEffect(effect)}`)]),
    ].join('\n'),
  )
  if (findings.some(({ severity }) => severity === 'refuse')) return EXIT.refused
  if (check.verdict === 'clear' || (check.verdict === 'rescue' && plan.rescue)) return EXIT.ok
  return check.reason?.code === 'GUESTS_ENDANGERED' ? EXIT.endangered : EXIT.refused
}

function refused(planned: Planned, output: Output): ExitCode {
  const { plan, findings } = planned
  output.data({ schema: 'anneal.refusal/1', plan, findings }, () => 'refused: nothing was touched')
  return EXIT.refused
}
