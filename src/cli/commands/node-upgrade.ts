import { EXIT } from '../../core/index.ts'
import { effectsOf, isNoop } from '../../node/index.ts'
import { checkNode } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeCheck, describeEffect, describeFindings, describePlan } from '../describe.ts'
import { NODE_FLAGS, openNode } from '../node-world.ts'
import { PLAN_FLAGS, planUpgrade } from '../planning.ts'
import type { Planned } from '../planning.ts'
import { applyPlan, runOptions, withNode } from '../run-plan.ts'
import type { NodeWorld } from '../../ports/index.ts'
import type { ExitCode } from '../../core/index.ts'
import type { Output } from '../output.ts'

export const nodePlan = command({
  path: ['node', 'plan'],
  summary: 'what an upgrade would do, who would die of it and why; changes nothing',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: { ...PLAN_FLAGS, ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'FILE is a locked Compose file (see `anneal node lock`). Exit code 3 says that guests or helpers would die, 4 that another check refuses.',
  async run({ flags, args, output }) {
    const world = await openNode(flags, 'plan an upgrade')
    return printPlan(world, await planUpgrade(world, args[0] ?? '', flags), output)
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
    const world = await openNode(flags, 'upgrade the node')
    if (flags['dry-run']) return printPlan(world, await planUpgrade(world, args[0] ?? '', flags), output)
    const options = runOptions(signal, output)
    return withNode(world, 'upgrade', options, output, async () => {
      const planned = await planUpgrade(world, args[0] ?? '', flags)
      output.say(describePlan(planned.plan, output))
      for (const line of describeFindings(
        planned.findings.filter(({ severity }) => severity !== 'info'),
        output,
      ))
        output.say(line)
      if (planned.findings.some(({ severity }) => severity === 'refuse')) return refused(planned, output)
      return applyPlan(world, planned.plan, planned.sides, options, output)
    })
  },
})

async function printPlan(world: NodeWorld, planned: Planned, output: Output): Promise<ExitCode> {
  const { plan, sides, findings } = planned
  const check = await checkNode(world, plan, sides, { watchConsoles: 'no' })
  const effects = (
    ['fetching', 'checking', 'creating', 'switching', 'proving', 'committing'] as const
  ).flatMap((state) => effectsOf(state, plan))
  output.data({ schema: 'anneal.plan/1', plan, check, findings, effects } as { schema: string }, () =>
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
  output.data(
    { schema: 'anneal.refusal/1', plan, findings } as { schema: string },
    () => 'refused: nothing was touched',
  )
  return EXIT.refused
}
