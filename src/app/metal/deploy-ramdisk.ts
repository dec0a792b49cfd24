import type { RamdiskWish } from '../../adapters/deploy-ramdisk/index.ts'
import type { DeployRamdiskDocument, DeployRamdiskPlanDocument } from '../../contract/index.ts'

/** Loaded when it is called: other commands of this product need no reader of packages. */
const builder = () => import('../../adapters/deploy-ramdisk/index.ts')

/**
 * Builds the ramdisk that the conductor boots machines with: `vmlinuz`, `initrd` and `ramdisk.json` in `directory`.
 * Throws RAMDISK_…, ELF_DAMAGED.
 */
export async function buildDeployRamdisk(
  directory: string,
  wish: RamdiskWish,
): Promise<DeployRamdiskDocument> {
  const { buildRamdisk } = await builder()
  return { schema: 'anneal.deploy-ramdisk/1', ...(await buildRamdisk(directory, wish)) }
}

/** The packages that `buildDeployRamdisk` would take; nothing is kept. Throws RAMDISK_…. */
export async function planDeployRamdisk(wish: RamdiskWish): Promise<DeployRamdiskPlanDocument> {
  const { architecture } = wish
  const { planRamdisk } = await builder()
  return { schema: 'anneal.deploy-ramdisk-plan/1', architecture, packages: await planRamdisk(wish) }
}
