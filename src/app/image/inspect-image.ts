import { isAnnealError } from '../../core/index.ts'
import { damageOf, findBoot, makeContract } from '../../image/boot/index.ts'
import type { BootContract, BootInventory, ContractChoices, Firmware } from '../../image/boot/index.ts'
import { FORMAT_READERS } from './open-image.ts'
import type { OpenedImage } from './open-image.ts'

/** Which system of an image is meant, and what is changed about its arguments. */
export type BootChoices = ContractChoices &
  Readonly<{
    /** Of the machine, where BIOS and UEFI boot different things. */
    firmware?: Firmware
  }>

/** Why nothing of an image can be booted. */
export type BootRefusal = Readonly<{ code: string; message: string; remedy: string }>

export type Inspection = Readonly<{
  inventory: BootInventory
  contract: BootContract | BootRefusal
  /** Damage keeps it from being known how the image boots. */
  isDamaged: boolean
}>

/**
 * Finds how an image boots. That nothing boots is an answer; throws BOOT_… where a choice names what the image does not
 * have.
 */
export async function inspectImage(
  { stack }: Pick<OpenedImage, 'stack'>,
  { firmware, ...choices }: BootChoices,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<Inspection> {
  const inventory = await findBoot(stack, {
    ...options,
    readers: FORMAT_READERS,
    ...(firmware === undefined ? {} : { firmware }),
  })
  const isDamaged = damageOf(stack, inventory) !== undefined
  try {
    return { inventory, contract: makeContract(stack, inventory, choices), isDamaged }
  } catch (error) {
    if (
      !isAnnealError(error, 'BOOT_NOTHING_FOUND') &&
      !isAnnealError(error, 'BOOT_CONTAINER_WITHOUT_KERNEL') &&
      !isAnnealError(error, 'BOOT_UNREADABLE') &&
      !isAnnealError(error, 'BOOT_ENTRY_NOT_LINUX')
    )
      throw error
    const contract = { code: error.code, message: error.message, remedy: error.remedy }
    return { inventory, contract, isDamaged }
  }
}
