import type { ComputeNode } from './compute-node.ts'

type Status = Readonly<{ release?: string }>

/**
 * Kills `adopt` and then `give-back` at an effect of this kind. After each, recovery leaves one libvirt, and the act is done
 * again where it was not committed: at the end the node is given back. Says what was killed, for people.
 */
export async function killTakeOver(
  node: ComputeNode,
  { file, kind, assertOne }: Readonly<{ file: string; kind: string; assertOne: () => Promise<void> }>,
): Promise<string> {
  const adopting = (await killedAt(node, `adopt ${file}`, kind)).trim()
  await node.expect(0, 'node', 'recover')
  await assertOne()
  const adopted = await node.expect<Status>(0, 'node', 'status')
  if (adopted.release === undefined) await node.expect(0, 'node', 'adopt', file)
  const giving = (await killedAt(node, 'give-back', kind)).trim()
  await node.expect(0, 'node', 'recover')
  await assertOne()
  const left = await node.expect<Status>(0, 'node', 'status')
  if (left.release !== undefined) await node.expect(0, 'node', 'give-back')
  return `adopt ${adopting}, give-back ${giving}`
}

function killedAt(node: ComputeNode, words: string, kind: string): Promise<string> {
  return node.host.sh(
    `: >/tmp/progress
    ANNEAL_ENGINE=${node.engine} /opt/anneal/anneal node ${words} --progress=jsonl --json >/dev/null 2>/tmp/progress & pid=$!
    until grep -q '"kind":"${kind}"' /tmp/progress || ! kill -0 $pid 2>/dev/null; do sleep 0.005; done
    kill -9 $pid 2>/dev/null && echo killed || tail -n 2 /tmp/progress; wait $pid || true`,
  )
}
