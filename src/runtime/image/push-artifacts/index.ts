export { pushArtifacts } from './push-artifacts.ts'
export type { ArtifactsPushed, ArtifactStep, PushedArtifact } from './pushed-artifacts.ts'
