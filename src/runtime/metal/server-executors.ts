import { MARK, examineServer, judgeServer, metalError } from '../../metal/index.ts'
import type { MetalNode, Server, ServerPlan } from '../../metal/index.ts'
import { awaitDeploying, restartSilent } from './await-deploying.ts'
import { DONE, current, enter } from './deploy-context.ts'
import type { DeployContext, Executor } from './deploy-context.ts'

/** The effects of a deployment through Nova. Each looks before it changes anything, because it may run twice. */
export const SERVER_EXECUTORS = {
  async examineServer(context) {
    const [node, server] = await Promise.all([current(context), serverOf(context)])
    context.see(node)
    return enter(context, examineServer(node, server, context.plan))
  },

  async keepKey({ world, plan }) {
    const key = plan.server?.key
    if (key === undefined || (await world.compute.hasKey(key.name))) return DONE
    if (key.material === undefined) {
      throw metalError('METAL_NOVA_CANNOT', {
        image: plan.image.name,
        node: plan.node.name,
        why: `this user has no key pair "${key.name}" there`,
        remedy: 'name another, or give the public key itself: --ssh-key FILE',
      })
    }
    await world.compute.keepKey(key.name, key.material)
    return DONE
  },

  async createServer(context) {
    const { world, plan } = context
    const there = await serverOf(context)
    if (there !== undefined && there.status !== 'ERROR') {
      await restartSilent(context, await current(context))
      return DONE
    }
    if (there !== undefined) await removeFailed(context, there)
    const { server } = plan
    if (server === undefined) throw new TypeError('a plan without a server has come to Nova')
    const userData = context.configDrive?.userData
    await world.compute.createServer({
      name: server.name,
      image: plan.image.reference,
      flavor: server.flavor.id,
      node: plan.node.uuid,
      networks: server.networks,
      configDrive: server.configDrive,
      metadata: { [MARK]: plan.id },
      ...keyOf(server),
      ...(userData === undefined ? {} : { userData }),
      secrets: userData === undefined ? [] : [userData],
    })
    return DONE
  },

  awaitServer: (context) =>
    awaitDeploying(context, async (node, times) => {
      const server = await serverOf(context)
      const verdict = judgeServer(context.plan.node.name, node, server, times)
      // Its fault has been read, and it is of no more use; its node is free again when it is gone.
      if (server?.status === 'ERROR') await context.world.compute.removeServer(server.id)
      return verdict
    }),

  async startServer(context) {
    const server = await serverOf(context)
    if (server?.status !== 'SHUTOFF') return DONE
    await context.watch.expectBoot()
    await context.world.compute.startServer(server.id)
    return DONE
  },
} as const satisfies Readonly<Record<string, Executor>>

function keyOf({ key }: ServerPlan): { key?: string } {
  return key === undefined ? {} : { key: key.name }
}

/** The server of this deployment; of several, which two runs at once can make, the oldest. */
async function serverOf({ world, plan }: DeployContext): Promise<Server | undefined> {
  const [oldest] = await world.compute.marked(MARK, plan.id)
  return oldest
}

/** Whether the node is still the server of this deployment. */
export async function isServerThere(context: DeployContext, node: MetalNode): Promise<boolean> {
  const server = await serverOf(context)
  return (
    server !== undefined && node.instanceUuid === server.id && !['ERROR', 'DELETED'].includes(server.status)
  )
}

/** A server that failed keeps its node until it is gone. Throws DEPLOY_TIMEOUT. */
async function removeFailed(context: DeployContext, failed: Server): Promise<void> {
  const { world, plan, signal } = context
  const { clock, compute } = world
  const startedMs = clock.monotonic()
  await compute.removeServer(failed.id)
  for (;;) {
    const [node, server] = await Promise.all([current(context), compute.server(failed.id)])
    context.see(node)
    const isFree = node.provisionState === 'available' && node.instanceUuid === undefined
    if (server === undefined && isFree) return
    const passedMs = clock.monotonic() - startedMs
    if (signal.aborted || passedMs > context.timeoutMs) {
      const seconds = Math.round(passedMs / 1000)
      throw metalError('DEPLOY_TIMEOUT', { node: plan.node.name, state: node.provisionState, seconds })
    }
    await clock.sleep(context.pollMs, signal)
  }
}
