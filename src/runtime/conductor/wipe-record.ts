import { keptDisks, nameOf } from '../../conductor/index.ts'
import type { WipeRecord } from '../../conductor/index.ts'
import { machineOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/** What the ramdisk says that it did with each disk, and which disks it left alone. */
export function wipeRecord(context: TaskContext, lines: string): WipeRecord {
  const { clock } = context.world
  const machine = machineOf(context)
  const disks = machine.report?.disks ?? []
  const said = [...lines.matchAll(/^wiped ([a-z0-9]+) ([a-z-]+)$/gm)].map(([, name = '', way = '']) => ({
    name,
    way,
  }))
  const kept =
    machine.report === undefined
      ? []
      : keptDisks(machine.report, context.run.plan.keeps ?? [], nameOf(machine))
  const all = [...said, ...kept.map(({ disk, found }) => ({ name: disk, way: 'kept', why: found }))]
  return {
    at: new Date(clock.now()).toISOString(),
    disks: all.map((one) => {
      const serial = disks.find(({ name }) => name === one.name)?.serial
      return serial === undefined ? one : { ...one, serial }
    }),
  }
}
