import { readInventoryFile, resolveCredential } from '../../adapters/inventory/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import type { BmcLogin, InventoryNode, Registered } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import type { Environment } from '../environment.ts'

export type EnrolOptions = Readonly<{
  /** Variables that the inventory names for credentials. */
  environment: Environment
  /** `plan`: nothing is changed. */
  mode: 'apply' | 'plan'
}>

export type EnrolledNode =
  | (Pick<Registered, 'outcome' | 'changes'> & Readonly<{ name: string }>)
  | Readonly<{ name: string; outcome: 'failed'; error: AnnealError }>

/** Reads an inventory from a YAML file. Throws INVENTORY_INVALID. */
export function readInventory(file: string): readonly InventoryNode[] {
  return readInventoryFile(file).nodes
}

/**
 * Enrolls the machines of an inventory, one after the other, or brings enrolled ones in line with it. Reads all
 * credentials before it touches the first machine: throws BMC_CREDENTIAL_… then. One machine that fails does not keep the
 * others out.
 */
export async function enrollNodes(
  world: MetalWorld,
  nodes: readonly InventoryNode[],
  { environment, mode }: EnrolOptions,
  onNode: (node: EnrolledNode) => void = () => undefined,
): Promise<readonly EnrolledNode[]> {
  const logins = nodes.map((node) => loginOf(node, environment))
  const done: EnrolledNode[] = []
  for (const [index, node] of nodes.entries()) {
    const one = await enroll(world, node, logins[index] ?? {}, mode)
    done.push(one)
    onNode(one)
  }
  return done
}

async function enroll(
  world: MetalWorld,
  node: InventoryNode,
  login: BmcLogin,
  mode: EnrolOptions['mode'],
): Promise<EnrolledNode> {
  const { name } = node
  try {
    const { provisioner } = world
    const { outcome, changes } =
      mode === 'plan' ? await provisioner.previewRegister(node) : await provisioner.register(node, login)
    return { name, outcome, changes }
  } catch (error) {
    if (!isAnnealError(error)) throw error
    return { name, outcome: 'failed', error }
  }
}

function loginOf({ bmc, name }: InventoryNode, environment: Environment): BmcLogin {
  const username = bmc?.username
  const password = bmc?.password
  return {
    ...(username === undefined
      ? {}
      : { username: resolveCredential(name, 'user name', username, environment) }),
    ...(password === undefined
      ? {}
      : { password: resolveCredential(name, 'password', password, environment) }),
  }
}
