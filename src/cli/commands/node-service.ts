import { EXIT } from '../../core/index.ts'
import type { DeployedService } from '../../node/index.ts'
import { MECHANISMS } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import {
  RUNTIME_ERRORS,
  awaitReady,
  loadSide,
  rescueEndangered,
  startContainer,
  survey,
} from '../../runtime/index.ts'
import { errorsOf } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { raise } from '../errors.ts'
import { NODE_FLAGS, openNode } from '../node-world.ts'
import { withNode } from '../run-plan.ts'

const raiseRuntime = errorsOf(RUNTIME_ERRORS)

export const nodeStart = command({
  path: ['node', 'start'],
  summary: 'start one service of the current release and wait until it is ready',
  operands: 'SERVICE',
  count: { min: 1, max: 1 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  async run({ flags, args, output, signal }) {
    const world = await openNode(flags, 'start a service')
    const lock = await world.state.lock(`start ${args[0]}, pid ${process.pid}`)
    try {
      const { service, releaseId } = await findService(world, args[0] ?? '', 'start')
      const side = await loadSide(world.state, releaseId)
      await startContainer(world, side, service.name, service.containerName)
      const container = await world.engine.inspectContainer(service.containerName)
      if (container !== undefined && container.restartPolicy !== service.restart) {
        await world.engine.armContainer(container.id, service.restart)
      }
      await awaitReady(world, {
        service: service.name,
        name: service.containerName,
        probes: side.release?.services.find((one) => one.name === service.name)?.ready ?? [],
        libvirt: side.libvirt,
        signal,
      })
      output.data(
        { schema: 'anneal.service/1', service: service.name, status: 'running' } as { schema: string },
        () => `${service.name} is ready`,
      )
      return EXIT.ok
    } finally {
      await lock.release()
    }
  },
})

export const nodeStop = command({
  path: ['node', 'stop'],
  summary: 'stop one service of the current release, unless a guest would die with it',
  operands: 'SERVICE',
  count: { min: 1, max: 1 },
  flags: {
    rescue: { kind: 'switch', help: 'move endangered guests first, instead of refusing', flagOnly: true },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  async run({ flags, args, output }) {
    const world = await openNode(flags, 'stop a service')
    return withNode(world, `stop ${args[0]}`, {}, output, async () => {
      const { service, releaseId } = await findService(world, args[0] ?? '', 'stop')
      const side = await loadSide(world.state, releaseId)
      const question = {
        stopping: [service.containerName],
        cause: 'stop',
        places: side.libvirt === undefined ? [] : [side.libvirt],
        helpers: side.release?.services.flatMap((one) => one.helpers) ?? [],
      } as const
      if (flags.rescue) await rescueEndangered(world, question)
      const { endangered } = await survey(world, question)
      const first = endangered[0]
      if (first !== undefined) {
        throw raiseRuntime('GUESTS_ENDANGERED', {
          container: service.containerName,
          subjects: endangered.map((one) => `${one.kind} "${one.name}" (pid ${one.pid})`),
          mechanism: first.mechanisms.map((mechanism) => MECHANISMS[mechanism].how).join('; '),
        })
      }
      await world.engine.stopContainer(service.containerName, service.stopGraceMs)
      output.data(
        { schema: 'anneal.service/1', service: service.name, status: 'exited' } as { schema: string },
        () => `${service.name} is stopped; \`anneal node start ${service.name}\` or the next run starts it`,
      )
      return EXIT.ok
    })
  },
})

async function findService(
  world: NodeWorld,
  name: string,
  action: string,
): Promise<Readonly<{ service: DeployedService; releaseId: string }>> {
  const { current } = await world.state.readDeployments()
  if (current === undefined) throw raise('NOTHING_DEPLOYED', { action: `${action} a service` })
  const service = current.services.find((candidate) => candidate.name === name)
  if (service === undefined) {
    throw raise('SERVICE_UNKNOWN', {
      action,
      service: name,
      services: current.services.map((one) => one.name),
    })
  }
  return { service, releaseId: current.releaseId }
}
