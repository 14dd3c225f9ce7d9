/** The client library: start runs, follow them, read what they did. Its complete public surface. */
export { startAgent } from './agents.ts';
export type { BatchRequest } from './batch-request.ts';
export { batchHandle, runBatch } from './batches.ts';
export type { BatchHandle } from './batches.ts';
export type { Policies } from './policy.ts';
export { readPolicies } from './read-policies.ts';
export { uploadBatch } from './upload-batch.ts';
export type { ApiPlace, UploadedBatch } from './upload-batch.ts';
export { ClientError, isClientError } from './client-error.ts';
export type { ClientErrorCode } from './client-error.ts';
export type { ApiAddress } from './api-events.ts';
export { connect } from './connection.ts';
export type { ConnectOptions, OstinatoConnection } from './connection.ts';
export { conversationState } from './conversation-state.ts';
export { sendMessage } from './conversations.ts';
export type { SendMessageRequest } from './conversations.ts';
export { decide, listPending } from './decisions.ts';
export type { PendingInRun, Verdict } from './decisions.ts';
export { inspectEngine, registerSearchAttributes } from './engine.ts';
export type { EngineReport, QueueReport } from './engine.ts';
export { followRun } from './follow-run.ts';
export type { FollowRunOptions, RunEvent } from './follow-run.ts';
export type { LiveRunEvent } from './live-filter.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export { observeRuns } from './observed-runs.ts';
export type { ObserveRunsOptions } from './observed-runs.ts';
export { pauseRun, resumeRun, signalRun, steerRun, tellEffectDecided } from './orders.ts';
export { runPlan } from './plans.ts';
export type { StartAgentRequest, StartPlanRequest } from './requests.ts';
export type { RunHandle } from './run-handle.ts';
export { describeRun, getRun, listRuns, runHandle } from './runs.ts';
export { agentSchedule, scheduleAgent } from './schedule-agent.ts';
export type { AgentSchedule, ScheduleAgentRequest } from './schedule-agent.ts';
export type { BackfillRequest, Overlap, ScheduleRequest } from './schedule-request.ts';
export { createSchedule, listSchedules, scheduleHandle } from './schedules.ts';
export type { Schedule, ScheduledStart, ScheduleSummaryView, ScheduleView } from './schedules.ts';
export { suggestRules } from './suggest-rules.ts';
export type { ListRunsOptions, RunDetail, RunStatus, RunSummary } from './runs.ts';
export { streamConversation } from './stream-conversation.ts';
export type { ConversationEvent } from './stream-conversation.ts';
export { liveFromApi, streamRun } from './stream-run.ts';
export type { StreamedRunEvent, StreamRunOptions } from './stream-run.ts';
export { useWorkerVersion } from './worker-versions.ts';
export type { WorkerVersionName } from './worker-versions.ts';
export type {
  AgentLimits,
  AgentResult,
  PlannerUsed,
  RunPlanResult,
  RunProgress,
  StepReport,
} from '../common/agent.ts';
export type { LiveEvent, LiveOffset } from '../common/live-event.ts';
export type { ApprovalRule, PendingDecision, RunPolicy } from '../common/approval.ts';
export type { ObservedCall, ObservedRun } from '../common/rules/suggest/observed-run.ts';
export type {
  RuleSuggestion,
  SuggestionEvidence,
} from '../common/rules/suggest/rule-suggestion.ts';
export type { StepState } from '../common/plan.ts';
export type { ToolResult } from '../common/tool.ts';
export type { ConversationState } from '../workflows/definitions.ts';
export type { WrittenPlan, WrittenStep } from '../common/written-plan.ts';
