import type { Command } from './command.ts'
import type { GroupBeside } from './help.ts'
import { loadCommand } from './load-command.ts'

/** A command that can be called: what it needs is loaded when it is. */
export type CommandEntry = Readonly<{
  /** `['node', 'plan']`. */
  path: readonly string[]
  load: () => Promise<Command>
  /** Everything from the first operand on is for another program, flags too. */
  passesOn?: true
}>

/** The test bed. It stands beside the product, which does not import it: the launcher leads to it. */
export const LAB_GROUP: GroupBeside = {
  word: 'lab',
  summary: 'Run a test bed: a real OpenStack, machines to deploy, compute hosts',
}

/** Every command, in the order of a node's life. One line → one function. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('image convert', async () => (await import('./commands/image-convert.ts')).imageConvert),
  entry('image inspect', async () => (await import('./commands/image-inspect.ts')).imageInspect),
  entry('image ls', async () => (await import('./commands/image-files.ts')).imageLs),
  entry('image cat', async () => (await import('./commands/image-files.ts')).imageCat),
  entry('image extract', async () => (await import('./commands/image-files.ts')).imageExtract),
  entry('image push', async () => (await import('./commands/image-push.ts')).imagePush),
  entry('image list', async () => (await import('./commands/image-list.ts')).imageList),
  entry('image prune', async () => (await import('./commands/image-prune.ts')).imagePrune),
  entry('metal serve', async () => (await import('./commands/metal-serve.ts')).metalServe),
  entry('metal enroll', async () => (await import('./commands/metal-enroll.ts')).metalEnroll),
  entry('metal inspect', async () => (await import('./commands/metal-inspect.ts')).metalInspect),
  entry('metal provide', async () => (await import('./commands/metal-provide.ts')).metalProvide),
  entry('metal deploy', async () => (await import('./commands/metal-deploy.ts')).metalDeploy),
  entry('metal undeploy', async () => (await import('./commands/metal-provide.ts')).metalUndeploy),
  entry('metal status', async () => (await import('./commands/metal-status.ts')).metalStatus),
  entry('metal watch', async () => (await import('./commands/metal-watch.ts')).metalWatch),
  entry('metal console', async () => (await import('./commands/metal-console.ts')).metalConsole),
  entry('metal ramdisk', async () => (await import('./commands/metal-ramdisk.ts')).metalRamdisk),
  entry('node build', async () => (await import('./commands/node-build.ts')).nodeBuild),
  entry('node import', async () => (await import('./commands/node-import.ts')).nodeImport),
  entry('node lock', async () => (await import('./commands/node-lock.ts')).nodeLock),
  entry('node doctor', async () => (await import('./commands/node-doctor.ts')).nodeDoctor),
  entry('node kill-set', async () => (await import('./commands/node-kill-set.ts')).nodeKillSet),
  entry('node plan', async () => (await import('./commands/node-upgrade.ts')).nodePlan),
  entry('node upgrade', async () => (await import('./commands/node-upgrade.ts')).nodeUpgrade),
  entry('node adopt', async () => (await import('./commands/node-adopt.ts')).nodeAdopt),
  entry('node give-back', async () => (await import('./commands/node-give-back.ts')).nodeGiveBack),
  entry('node rollback', async () => (await import('./commands/node-rollback.ts')).nodeRollback),
  entry('node rescue', async () => (await import('./commands/node-rescue.ts')).nodeRescue),
  entry('node replace-pod', async () => (await import('./commands/node-replace-pod.ts')).nodeReplacePod),
  entry('node status', async () => (await import('./commands/node-status.ts')).nodeStatus),
  entry('node history', async () => (await import('./commands/node-history.ts')).nodeHistory),
  entry('node recover', async () => (await import('./commands/node-recover.ts')).nodeRecover),
  entry('node start', async () => (await import('./commands/node-service.ts')).nodeStart),
  entry('node stop', async () => (await import('./commands/node-service.ts')).nodeStop),
  entry('config', async () => (await import('./commands/config.ts')).configCommand),
  entry('completion', async () => (await import('./commands/completion.ts')).completionCommand),
]

/** For whoever looks at all of them: help, completion, the configuration file. */
export function loadCommands(entries: readonly CommandEntry[] = COMMANDS): Promise<readonly Command[]> {
  return Promise.all(entries.map(({ load }) => load()))
}

function entry(words: string, load: CommandEntry['load']): CommandEntry {
  return { path: words.split(' '), load: () => loadCommand(words, load) }
}
