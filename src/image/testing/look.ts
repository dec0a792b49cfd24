import { detectStack } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { findBoot, makeContract } from '../boot/index.ts'
import type { BootContract, BootInventory, ContractChoices, Firmware } from '../boot/index.ts'
import { describedDisk } from './described-disk.ts'
import type { DescribedDisk } from './described-disk.ts'

/** What is found on a described disk. */
export type Looked = Readonly<{ disk: StackNode; inventory: BootInventory; contract: BootContract }>

export async function look(
  described: DescribedDisk,
  choices: ContractChoices & Readonly<{ firmware?: Firmware }> = {},
): Promise<Looked> {
  const { source, readers } = describedDisk(described)
  const disk = await detectStack(source, readers)
  const inventory = await findBoot(disk, choices.firmware === undefined ? {} : { firmware: choices.firmware })
  return { disk, inventory, contract: makeContract(disk, inventory, choices) }
}

export const codes = ({ findings }: BootContract): readonly string[] => findings.map(({ code }) => code)
export const sourceOf = ({ arguments: all }: BootContract, key: string): unknown =>
  all.find((one) => one.key === key)?.source
