import type { ErrorDocument } from './error-document.ts'
import type { ArtifactsDocument } from './image/artifacts.ts'
import type { BootFile } from './image/boot-file.ts'
import type { ConversionPlanDocument } from './image/conversion-plan.ts'
import type { ImageDocument } from './image/image-document.ts'
import type { ImageExtractDocument } from './image/image-extract.ts'
import type { ImageListDocument } from './image/image-list.ts'
import type { PruneDocument, PushDocument, PushedDocument } from './image/pushed.ts'
import type {
  LabDocument,
  LabEnvironmentDocument,
  LabImagesDocument,
  LabNodesDocument,
  LabStatusDocument,
} from './lab.ts'
import type { DeployPlanDocument } from './metal/deploy-plan.ts'
import type { DeployRamdiskDocument, DeployRamdiskPlanDocument } from './metal/deploy-ramdisk.ts'
import type { DeploymentDocument, DeploymentNote } from './metal/deployment.ts'
import type {
  EnrolmentDocument,
  InspectionDocument,
  MetalStatusDocument,
  NodesDocument,
  NodesPlanDocument,
} from './metal/nodes.ts'
import type { WatchDocument } from './metal/timeline.ts'
import type { HistoryDocument, HistoryLine } from './node/history.ts'
import type { EndangeredDocument, KillSetDocument } from './node/kill-set.ts'
import type { PlanDocument, RefusalDocument } from './node/plan.ts'
import type { PodReplacementDocument } from './node/replacement.ts'
import type { RescueDocument } from './node/rescue.ts'
import type {
  DoctorDocument,
  ImagesDocument,
  ImagesPlanDocument,
  ImportDocument,
  LockDocument,
  LockPlanDocument,
  RecoveryDocument,
  RecoveryPlanDocument,
  ServiceDocument,
  ServicePlanDocument,
} from './node/results.ts'
import type { RunDocument } from './node/run-report.ts'
import type { DeploymentsFile, JournalLine } from './node/state-files.ts'
import type { StatusDocument } from './node/status.ts'

/** Every document that has a `schema` member, by that member. */
export type Documents = {
  'anneal.artifacts/1': ArtifactsDocument
  'anneal.boot/1': BootFile
  'anneal.conversion-plan/1': ConversionPlanDocument
  'anneal.deploy-plan/1': DeployPlanDocument
  'anneal.deploy-ramdisk/1': DeployRamdiskDocument
  'anneal.deploy-ramdisk-plan/1': DeployRamdiskPlanDocument
  'anneal.deployment/1': DeploymentDocument
  'anneal.deployment-note/1': DeploymentNote
  'anneal.doctor/1': DoctorDocument
  'anneal.endangered/1': EndangeredDocument
  'anneal.enrolment/1': EnrolmentDocument
  'anneal.error/1': ErrorDocument
  'anneal.history/1': HistoryDocument
  'anneal.image/1': ImageDocument
  'anneal.image-extract/1': ImageExtractDocument
  'anneal.image-list/1': ImageListDocument
  'anneal.images/1': ImagesDocument
  'anneal.import/1': ImportDocument
  'anneal.inspection/1': InspectionDocument
  'anneal.kill-set/1': KillSetDocument
  'anneal.lock/1': LockDocument
  'anneal.metal-status/1': MetalStatusDocument
  'anneal.nodes/1': NodesDocument
  'anneal.plan/1': PlanDocument
  'anneal.pod-replacement/1': PodReplacementDocument
  'anneal.prune/1': PruneDocument
  'anneal.push/1': PushDocument
  'anneal.pushed/1': PushedDocument
  'anneal.recovery/1': RecoveryDocument
  'anneal.refusal/1': RefusalDocument
  'anneal.rescue/1': RescueDocument
  'anneal.run/1': RunDocument
  'anneal.service/1': ServiceDocument
  'anneal.status/1': StatusDocument
  'anneal.watch/1': WatchDocument
  'anneal.images-plan/1': ImagesPlanDocument
  'anneal.lock-plan/1': LockPlanDocument
  'anneal.nodes-plan/1': NodesPlanDocument
  'anneal.recovery-plan/1': RecoveryPlanDocument
  'anneal.service-plan/1': ServicePlanDocument
  'anneal.lab/1': LabDocument
  'anneal.lab-environment/1': LabEnvironmentDocument
  'anneal.lab-images/1': LabImagesDocument
  'anneal.lab-nodes/1': LabNodesDocument
  'anneal.lab-status/1': LabStatusDocument
}

export type DocumentName = keyof Documents
export type AnyDocument = Documents[DocumentName]

export type DocumentSpec = Readonly<{
  /** The exported TypeScript type, from which the JSON Schema is made. */
  type: string
  /** What it tells, in a few words. */
  meaning: string
  /** Commands that print it with `--json`. */
  printedBy: readonly string[]
  /** The file that keeps it: beside the results, or below the state directory. */
  keptIn?: string
}>

/** The documents, and what prints or keeps each. docs/json.md and docs/schemas/ are made from this table. */
export const DOCUMENTS = {
  'anneal.artifacts/1': {
    type: 'ArtifactsDocument',
    meaning: 'what a push has put into an OCI registry',
    printedBy: ['image push'],
  },
  'anneal.boot/1': {
    type: 'BootFile',
    meaning: 'what a conversion made, and all that somebody needs who boots it',
    printedBy: ['image convert'],
    keptIn: 'boot.json beside the results',
  },
  'anneal.conversion-plan/1': {
    type: 'ConversionPlanDocument',
    meaning: 'what a conversion would make and change',
    printedBy: ['image convert --dry-run'],
  },
  'anneal.deploy-plan/1': {
    type: 'DeployPlanDocument',
    meaning: 'what a deployment would do, and why this way',
    printedBy: ['metal deploy --dry-run'],
  },
  'anneal.deploy-ramdisk/1': {
    type: 'DeployRamdiskDocument',
    meaning: 'a deploy ramdisk that was built, and the packages it was built from',
    printedBy: ['metal ramdisk'],
    keptIn: 'ramdisk.json beside the results',
  },
  'anneal.deploy-ramdisk-plan/1': {
    type: 'DeployRamdiskPlanDocument',
    meaning: 'packages from which a deploy ramdisk would be built',
    printedBy: ['metal ramdisk --dry-run'],
  },
  'anneal.deployment/1': {
    type: 'DeploymentDocument',
    meaning: 'what a deployment did',
    printedBy: ['metal deploy'],
    keptIn: 'metal/NODE/TIME-DEPLOYMENT.json',
  },
  'anneal.deployment-note/1': {
    type: 'DeploymentNote',
    meaning: 'a deployment that is under way, for a run that goes on with it',
    printedBy: [],
    keptIn: 'metal/NODE/DEPLOYMENT.json',
  },
  'anneal.images-plan/1': {
    type: 'ImagesPlanDocument',
    meaning: 'images that a build would make',
    printedBy: ['node build --dry-run'],
  },
  'anneal.lock-plan/1': {
    type: 'LockPlanDocument',
    meaning: 'the release that locking would write',
    printedBy: ['node lock --dry-run'],
  },
  'anneal.nodes-plan/1': {
    type: 'NodesPlanDocument',
    meaning: 'requests that would bring machines to a state',
    printedBy: ['metal provide --dry-run', 'metal undeploy --dry-run', 'metal inspect --dry-run'],
  },
  'anneal.recovery-plan/1': {
    type: 'RecoveryPlanDocument',
    meaning: 'what a recovery would do',
    printedBy: ['node recover --dry-run'],
  },
  'anneal.service-plan/1': {
    type: 'ServicePlanDocument',
    meaning: 'what starting or stopping a service would do',
    printedBy: ['node start --dry-run', 'node stop --dry-run'],
  },
  'anneal.doctor/1': {
    type: 'DoctorDocument',
    meaning: 'what is wrong with the node',
    printedBy: ['node doctor'],
  },
  'anneal.endangered/1': {
    type: 'EndangeredDocument',
    meaning: 'guests and helpers that would die if containers stopped',
    printedBy: ['node rescue --dry-run'],
  },
  'anneal.enrolment/1': {
    type: 'EnrolmentDocument',
    meaning: 'what was done with the machines of an inventory',
    printedBy: ['metal enroll'],
  },
  'anneal.error/1': {
    type: 'ErrorDocument',
    meaning: 'why a command failed; one line on standard error',
    printedBy: ['every command that fails'],
  },
  'anneal.history/1': {
    type: 'HistoryDocument',
    meaning: 'the runs of the node',
    printedBy: ['node history'],
  },
  'anneal.image/1': {
    type: 'ImageDocument',
    meaning: 'what is on an image, and how it boots',
    printedBy: ['image inspect'],
  },
  'anneal.image-extract/1': {
    type: 'ImageExtractDocument',
    meaning: 'the file that was copied out of an image',
    printedBy: ['image extract'],
  },
  'anneal.image-list/1': {
    type: 'ImageListDocument',
    meaning: 'a directory of an image',
    printedBy: ['image ls'],
  },
  'anneal.images/1': {
    type: 'ImagesDocument',
    meaning: 'container images that were built',
    printedBy: ['node build'],
  },
  'anneal.import/1': {
    type: 'ImportDocument',
    meaning: 'an old form of a release as a Compose file of today',
    printedBy: ['node import'],
  },
  'anneal.inspection/1': {
    type: 'InspectionDocument',
    meaning: 'what Ironic found out of a machine',
    printedBy: ['metal inspect'],
  },
  'anneal.kill-set/1': {
    type: 'KillSetDocument',
    meaning: 'the processes that would die if containers ended',
    printedBy: ['node kill-set'],
  },
  'anneal.lab/1': {
    type: 'LabDocument',
    meaning: 'a lab of the test bed that was started',
    printedBy: ['lab up'],
  },
  'anneal.lab-environment/1': {
    type: 'LabEnvironmentDocument',
    meaning: 'variables with which clients use a lab',
    printedBy: ['lab env'],
  },
  'anneal.lab-images/1': {
    type: 'LabImagesDocument',
    meaning: 'container images of the test bed',
    printedBy: ['lab images'],
  },
  'anneal.lab-nodes/1': {
    type: 'LabNodesDocument',
    meaning: 'the machines of a lab',
    printedBy: ['lab nodes'],
  },
  'anneal.lab-status/1': {
    type: 'LabStatusDocument',
    meaning: 'the labs and compute hosts of the test bed',
    printedBy: ['lab status'],
  },
  'anneal.lock/1': {
    type: 'LockDocument',
    meaning: 'a Compose file whose images are pinned',
    printedBy: ['node lock'],
  },
  'anneal.metal-status/1': {
    type: 'MetalStatusDocument',
    meaning: 'the machines that Ironic knows',
    printedBy: ['metal status'],
  },
  'anneal.nodes/1': {
    type: 'NodesDocument',
    meaning: 'machines that were brought to a state',
    printedBy: ['metal provide', 'metal undeploy'],
  },
  'anneal.plan/1': {
    type: 'PlanDocument',
    meaning: 'what an upgrade or a rollback would do, and the check of the node',
    printedBy: [
      'node plan',
      'node upgrade --dry-run',
      'node adopt --dry-run',
      'node rollback --dry-run',
      'node give-back --dry-run',
    ],
  },
  'anneal.pod-replacement/1': {
    type: 'PodReplacementDocument',
    meaning: 'the replacement of this node’s pod of a DaemonSet',
    printedBy: ['node replace-pod', 'node replace-pod --dry-run'],
  },
  'anneal.prune/1': {
    type: 'PruneDocument',
    meaning: 'images that were removed from Glance',
    printedBy: ['image prune'],
  },
  'anneal.push/1': {
    type: 'PushDocument',
    meaning: 'what was sent to Glance',
    printedBy: ['image push'],
  },
  'anneal.pushed/1': {
    type: 'PushedDocument',
    meaning: 'what Anneal has pushed to Glance',
    printedBy: ['image list'],
  },
  'anneal.recovery/1': {
    type: 'RecoveryDocument',
    meaning: 'how the node was brought to rest',
    printedBy: ['node recover'],
  },
  'anneal.refusal/1': {
    type: 'RefusalDocument',
    meaning: 'an upgrade that the release itself does not allow',
    printedBy: ['node upgrade', 'node adopt'],
  },
  'anneal.rescue/1': {
    type: 'RescueDocument',
    meaning: 'guests and helpers that were moved out of containers',
    printedBy: ['node rescue'],
  },
  'anneal.run/1': {
    type: 'RunDocument',
    meaning: 'what an upgrade or a rollback did',
    printedBy: ['node upgrade', 'node adopt', 'node rollback', 'node give-back'],
    keptIn: 'history.jsonl',
  },
  'anneal.service/1': {
    type: 'ServiceDocument',
    meaning: 'a service that was started or stopped',
    printedBy: ['node start', 'node stop'],
  },
  'anneal.status/1': {
    type: 'StatusDocument',
    meaning: 'which release runs, its services and guests',
    printedBy: ['node status'],
  },
  'anneal.watch/1': {
    type: 'WatchDocument',
    meaning: 'what machines passed through while they were watched',
    printedBy: ['metal watch'],
  },
} as const satisfies Record<DocumentName, DocumentSpec>

/** Files of the state directory whose content has no `schema` member, by file name. */
export type StateFiles = {
  'deployments.json': DeploymentsFile
  'journal.jsonl': JournalLine
  'history.jsonl': HistoryLine
}

export type StateFileSpec = Readonly<{
  /** The exported TypeScript type of the file, or of one line of it. */
  type: string
  meaning: string
}>

export const STATE_FILES = {
  'deployments.json': { type: 'DeploymentsFile', meaning: 'the release of the node, and the one before it' },
  'journal.jsonl': {
    type: 'JournalLine',
    meaning: 'one line for each step of the run that is under way, or of the last one',
  },
  'history.jsonl': { type: 'HistoryLine', meaning: 'one line for each run, chained to the one before' },
} as const satisfies Record<keyof StateFiles, StateFileSpec>
