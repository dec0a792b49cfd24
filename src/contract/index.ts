export { DOCUMENTS, STATE_FILES } from './documents.ts'
export type {
  AnyDocument,
  DocumentName,
  DocumentSpec,
  Documents,
  StateFileSpec,
  StateFiles,
} from './documents.ts'
export { encodeDocument, encodeLine } from './encode.ts'
export type { ErrorDocument } from './error-document.ts'
export { decodeBootArguments, decodeBootSet } from './image/boot-file.ts'
export type { BootSet } from './image/boot-file.ts'
export type {
  BaseBootFile,
  BaseFormat,
  BootFile,
  BootSummary,
  Change,
  ImageSource,
  StoredBase,
  StoredRootImage,
  StoredFile,
  SummaryArgument,
} from './image/boot-file.ts'
export { KEEP, parseKeep } from './metal/keep.ts'
export { PLACE } from './metal/place.ts'
export type { KeepWish } from './metal/keep.ts'
export type { ConversionPlanDocument } from './image/conversion-plan.ts'
export type {
  ImageArgument,
  ImageArgumentSource,
  ImageBootContract,
  ImageBootEntry,
  ImageBootFile,
  ImageContainer,
  ImageContainerLayer,
  ImageDocument,
  ImageFileFacts,
  ImageFirmware,
  ImageLayout,
  ImageLoader,
  ImageRefusal,
  ImageWarning,
  PhysicalRange,
  StackContent,
  StackPart,
  StackPartition,
} from './image/image-document.ts'
export type { ImageExtractDocument } from './image/image-extract.ts'
export type { ImageListDocument, ListedEntry, ListedStat } from './image/image-list.ts'
export type {
  GlanceImage,
  JudgedImage,
  PruneDocument,
  PushDocument,
  PushRole,
  PushedDocument,
  PushedSet,
  SentImage,
} from './image/pushed.ts'
export type { ArtifactsDocument, SentArtifact } from './image/artifacts.ts'
export type { ComposefsFacts, OsReleaseFacts, OstreeDeployment } from './image/system.ts'
export type {
  LabDocument,
  LabEnvironmentDocument,
  LabHost,
  LabImagesDocument,
  LabNode,
  LabNodesDocument,
  LabStatusDocument,
  LabSummary,
} from './lab.ts'
export type {
  DeployImage,
  DeployNode,
  DeployPlanDocument,
  DeployReady,
  DeployRoute,
  DeployServer,
  DeploymentPlan,
  InstanceMembers,
  OriginArgument,
} from './metal/deploy-plan.ts'
export { asDeploymentNote } from './metal/deployment.ts'
export type { DeploymentDocument, DeploymentNote } from './metal/deployment.ts'
export type {
  BroughtNode,
  EnrolledNode,
  EnrolmentDocument,
  InspectionDocument,
  MetalNodeStatus,
  MetalStatusDocument,
  NodesDocument,
} from './metal/nodes.ts'
export type { StateStretch, WatchDocument } from './metal/timeline.ts'
export type {
  FailureReason,
  LibvirtDomain,
  LibvirtVersions,
  NodeCheck,
  ReadDirection,
  SwitchAdmissibility,
} from './node/check.ts'
export type {
  CensusGuest,
  CensusHelper,
  CgroupLine,
  GuestWitness,
  Namespaces,
  NodeCensus,
  ProcessIdentity,
} from './node/guests.ts'
export { decodeHistoryLine, encodeHistoryLine } from './node/history.ts'
export type { HistoryDocument, HistoryLine } from './node/history.ts'
export type {
  ContainerKillSet,
  DoomedProcess,
  EndangeredDocument,
  EndangeredProcess,
  KillCause,
  KillMechanism,
  KillSetDocument,
} from './node/kill-set.ts'
export type {
  GrantedFile,
  NextService,
  NodeService,
  PlanDocument,
  PlannedAction,
  ReadyCondition,
  RefusalDocument,
  RunEffect,
  ServiceDependency,
  UpgradePlan,
} from './node/plan.ts'
export type { PodReplacementDocument, ReplacementStepDocument, TemplateRevision } from './node/replacement.ts'
export type { RescueDocument, RescueReport } from './node/rescue.ts'
export type {
  BuiltImage,
  DoctorDocument,
  ImagesDocument,
  ImportDocument,
  LockDocument,
  LockedImage,
  RecoveryDocument,
  ServiceDocument,
} from './node/results.ts'
export type {
  EndedGuest,
  MeasuredOutage,
  ProvenGuest,
  RunDocument,
  RunProof,
  StartedGuest,
  StepTiming,
} from './node/run-report.ts'
export {
  decodeDeployments,
  decodeJournalLine,
  encodeDeployments,
  encodeJournalLine,
} from './node/state-files.ts'
export type { DeploymentsFile, JournalLine, NodeDeployment } from './node/state-files.ts'
export type { GuestState, ServiceState, StatusDocument } from './node/status.ts'
export type { DeployRamdiskDocument, DeployRamdiskPlanDocument } from './metal/deploy-ramdisk.ts'
export type {
  BuildProgress,
  ConductorReady,
  ConductorTask,
  ConvertProgressLine,
  DeployStep,
  ImageBusy,
  ImageRemoved,
  ImageSending,
  ImageSent,
  ArtifactSent,
  ImagePacking,
  JournalProgress,
  LiveProgress,
  MachineEnrolled,
  MachineState,
  ProgressLine,
  PullProgressLine,
} from './progress.ts'
