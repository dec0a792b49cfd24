import { ConductorLab } from './conductor-lab.ts'

export type UpConductorLab = Readonly<{ lab: ConductorLab; advice: readonly string[] }>

/** Brings a lab up by its flags, and says what to do with it. */
export async function upConductorLab(
  options: Readonly<{
    name: string
    nodes: number
    firmware: 'both' | 'uefi'
    serves: 'yes' | 'no'
    signal: AbortSignal
  }>,
): Promise<UpConductorLab> {
  const { name, nodes, firmware, signal } = options
  const lab = await ConductorLab.up({
    name,
    nodes: firmware === 'both' ? nodes : Array.from({ length: nodes }, () => ({ firmware })),
    signal,
  })
  const { network, inventoryFile } = lab.description
  const advice = [
    `ip netns exec ${network.namespace} anneal ${lab.serveWords.join(' ')} # with DIR of \`anneal metal ramdisk\``,
    `anneal metal enroll ${inventoryFile} --conductor ${lab.endpoints['conductor']}`,
  ]
  return { lab, advice }
}
