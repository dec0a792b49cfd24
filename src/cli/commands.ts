import type { Command } from './command.ts'
import { configCommand } from './commands/config.ts'
import { imageConvert } from './commands/image-convert.ts'
import { completionCommand } from './commands/completion.ts'
import { imageList } from './commands/image-list.ts'
import { imagePrune } from './commands/image-prune.ts'
import { imagePush } from './commands/image-push.ts'
import { metalConsole } from './commands/metal-console.ts'
import { metalDeploy } from './commands/metal-deploy.ts'
import { metalEnroll } from './commands/metal-enroll.ts'
import { metalInspect } from './commands/metal-inspect.ts'
import { metalProvide, metalUndeploy } from './commands/metal-provide.ts'
import { metalStatus } from './commands/metal-status.ts'
import { metalWatch } from './commands/metal-watch.ts'
import { imageCat, imageExtract, imageLs } from './commands/image-files.ts'
import { imageInspect } from './commands/image-inspect.ts'
import { nodeBuild } from './commands/node-build.ts'
import { nodeDoctor } from './commands/node-doctor.ts'
import { nodeHistory } from './commands/node-history.ts'
import { nodeImport } from './commands/node-import.ts'
import { nodeKillSet } from './commands/node-kill-set.ts'
import { nodeRecover } from './commands/node-recover.ts'
import { nodeRescue } from './commands/node-rescue.ts'
import { nodeRollback } from './commands/node-rollback.ts'
import { nodeStart, nodeStop } from './commands/node-service.ts'
import { nodeStatus } from './commands/node-status.ts'
import { nodeLock } from './commands/node-lock.ts'
import { nodePlan, nodeUpgrade } from './commands/node-upgrade.ts'

/** Every command, in the order of a node's life. One line → one function. */
export const COMMANDS: readonly Command[] = [
  imageConvert,
  imageInspect,
  imageLs,
  imageCat,
  imageExtract,
  imagePush,
  imageList,
  imagePrune,
  metalEnroll,
  metalInspect,
  metalProvide,
  metalDeploy,
  metalUndeploy,
  metalStatus,
  metalWatch,
  metalConsole,
  nodeBuild,
  nodeImport,
  nodeLock,
  nodeDoctor,
  nodeKillSet,
  nodePlan,
  nodeUpgrade,
  nodeRollback,
  nodeRescue,
  nodeStatus,
  nodeHistory,
  nodeRecover,
  nodeStart,
  nodeStop,
  configCommand,
  completionCommand,
]
