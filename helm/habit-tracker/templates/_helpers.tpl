{{/* What selects the pods of an app. It never changes: selectors are immutable. */}}
{{- define "habit-tracker.selector" -}}
app: {{ . }}
{{- end }}

{{/* The labels of everything that belongs to a component: the seed's three and the recommended set beside them. */}}
{{- define "habit-tracker.labels" -}}
{{ include "habit-tracker.selector" .app }}
component: {{ .component }}
version: {{ .version | quote }}
app.kubernetes.io/part-of: habit-tracker
app.kubernetes.io/name: {{ .app }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .version | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* The metadata of an object of a component; its name is the app's unless one is given. */}}
{{- define "habit-tracker.metadata" -}}
name: {{ .name | default .app | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "habit-tracker.labels" . | nindent 2 }}
  app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end }}

{{/* The database, and the dumps of it, as the two above want them. */}}
{{- define "habit-tracker.database" -}}
{{- $tag := include "habit-tracker.tag" .Values.databaseImage | default "unknown" -}}
{{- dict "app" "habit-tracker-database" "component" "database" "version" $tag | toJson }}
{{- end }}
{{- define "habit-tracker.backup" -}}
{{- $tag := include "habit-tracker.tag" .Values.databaseImage | default "unknown" -}}
{{- dict "app" "habit-tracker-backup" "component" "backup" "version" $tag | toJson }}
{{- end }}

{{/* The tag of an image reference; nothing where it has none. */}}
{{- define "habit-tracker.tag" -}}
{{- regexFind ":[\\w.-]+$" (regexReplaceAll "@.*$" . "") | trimPrefix ":" }}
{{- end }}

{{/* The major version of PostgreSQL that an image's tag names; nothing where it names none. */}}
{{- define "habit-tracker.postgresMajor" -}}
{{- $tag := include "habit-tracker.tag" . -}}
{{- if regexMatch "^v?[0-9]+(\\W|$)" $tag }}{{ regexFind "[0-9]+" $tag }}{{ end }}
{{- end }}

{{/* The claim with the data of a database's StatefulSet. */}}
{{- define "habit-tracker.serversClaim" -}}
{{- range dig "spec" "template" "spec" "volumes" list . }}
{{- if eq .name "data" }}{{ dig "persistentVolumeClaim" "claimName" "" . }}{{ end }}
{{- end }}
{{- end }}

{{/* The major version that wrote what is in a claim: the claim says so, or the server that runs on it; nothing where neither does. */}}
{{- define "habit-tracker.writtenBy" -}}
{{- $namespace := .root.Release.Namespace }}
{{- $claim := lookup "v1" "PersistentVolumeClaim" $namespace .name }}
{{- $server := lookup "apps/v1" "StatefulSet" $namespace "habit-tracker-database" }}
{{- $running := "" }}
{{- if eq (include "habit-tracker.serversClaim" $server) .name }}
{{- $container := dig "spec" "template" "spec" "containers" list $server | first | default dict }}
{{- $running = get $container "image" | include "habit-tracker.postgresMajor" }}
{{- end }}
{{- dig "metadata" "annotations" "habit-tracker/postgres-major" $running $claim }}
{{- end }}

{{/* A list of "name=value" as the object that it means. */}}
{{- define "habit-tracker.entries" -}}
{{- $entries := dict }}
{{- range . }}
{{- $parts := splitn "=" 2 . }}
{{- $_ := set $entries $parts._0 $parts._1 }}
{{- end }}
{{- toJson $entries }}
{{- end }}

{{/* The number behind a Kubernetes quantity, in cores or bytes. */}}
{{- define "habit-tracker.quantity" -}}
{{- $digits := regexFind "^[0-9.]+" . }}
{{- $factors := dict "m" 0.001 "" 1.0 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 }}
{{- mulf $digits (get $factors (trimPrefix $digits .)) }}
{{- end }}

{{/* The image of a tier, and where it comes from where it was not built on the nodes. */}}
{{- define "habit-tracker.image" -}}
{{- $v := .root.Values }}
{{- $built := printf "%s:%s" (index $v (print .tier "ImageName")) (index $v (print .tier "ImageTag")) }}
{{- with $v.imageRegistry }}{{ $built = printf "%s/%s" . $built }}{{ end }}
{{- index $v (print .tier "Image") | default $built }}
{{- end }}

{{/* Whether there is a Secret by which the nodes pull: "true" or nothing. */}}
{{- define "habit-tracker.pulls" -}}
{{- if and .Values.imageRegistry .Values.imageRegistryUser }}true{{ end }}
{{- end }}

{{/* The ConfigMap's entries. */}}
{{- define "habit-tracker.config" -}}
{{- $config := dict "NEXT_PUBLIC_API_URL" (.Values.apiUrl | default "http://habit-tracker-backend:8000") "GEMINI_MODEL" .Values.geminiModel "CHAT_DAILY_TOKENS" (int64 .Values.chatDailyTokens | toString) }}
{{- with .Values.geminiBaseUrl }}{{ $_ := set $config "GEMINI_BASE_URL" . }}{{ end }}
{{- if .Values.cookieSecure }}{{ $_ := set $config "COOKIE_SECURE" "true" }}{{ end }}
{{- range $name, $value := include "habit-tracker.entries" .Values.extraConfig | fromJson }}
{{- $_ := set $config $name $value }}
{{- end }}
{{- toJson $config }}
{{- end }}

{{/*
What nobody gave: made once, and from then on what the release's Secrets in the cluster have. One rendering asks several
times and has to get the same.
*/}}
{{- define "habit-tracker.generated" -}}
{{- if not (hasKey .Values "generated") }}
{{- $jwtSecret := "" }}
{{- range (lookup "v1" "Secret" .Release.Namespace "").items }}
{{- /* whatever secretName was */}}
{{- if and (eq (dig "labels" "component" "" .metadata) "configuration") (eq (dig "annotations" "meta.helm.sh/release-name" "" .metadata) $.Release.Name) }}
{{- $jwtSecret = dig "data" "JWT_SECRET" "" . | b64dec }}
{{- end }}
{{- end }}
{{- $database := lookup "v1" "Secret" .Release.Namespace "habit-tracker-database" }}
{{- $password := dig "data" "password" "" $database | b64dec }}
{{- /* long enough for HS512; without special characters, which a URL would have to escape */}}
{{- $_ := set .Values "generated" (dict "jwtSecret" ($jwtSecret | default (randAlphaNum 64)) "databasePassword" ($password | default (randAlphaNum 64))) }}
{{- end }}
{{- toJson .Values.generated }}
{{- end }}

{{/* The entries of the Secret that the backend reads: the release's own, or what can be seen of an existing one. */}}
{{- define "habit-tracker.secrets" -}}
{{- if .Values.existingSecret }}
{{- include "habit-tracker.existingEntries" . }}
{{- else }}
{{- $generated := include "habit-tracker.generated" . | fromJson }}
{{- $ownUrl := printf "postgresql://habit_tracker:%s@habit-tracker-database:5432/habit_tracker" $generated.databasePassword }}
{{- $secrets := dict "DATABASE_URL" (.Values.databaseUrl | default $ownUrl) "JWT_SECRET" (.Values.jwtSecret | default $generated.jwtSecret) "JWT_ALGORITHM" .Values.jwtAlgorithm "GEMINI_API_KEY" .Values.geminiApiKey }}
{{- with .Values.jwtSecretPrevious }}{{ $_ := set $secrets "JWT_SECRET_PREVIOUS" . }}{{ end }}
{{- toJson $secrets }}
{{- end }}
{{- end }}

{{/* The name of that Secret. */}}
{{- define "habit-tracker.secretName" -}}
{{- .Values.existingSecret | default .Values.secretName }}
{{- end }}

{{/*
A digest of the configuration that a tier reads: its pods roll when it changes, and the other tier's do not. The backend's is
over JWT_SECRET too, without which nobody can test guesses of the other secrets against it.
*/}}
{{- define "habit-tracker.digest" -}}
{{- $config := include "habit-tracker.config" .root | fromJson }}
{{- if eq .tier "backend" }}
{{- dict "config" (omit $config "NEXT_PUBLIC_API_URL" "COOKIE_SECURE") "secrets" (include "habit-tracker.secrets" .root | fromJson) | toJson | sha256sum }}
{{- else }}
{{- omit $config "GEMINI_MODEL" "GEMINI_BASE_URL" "CHAT_DAILY_TOKENS" | toJson | sha256sum }}
{{- end }}
{{- end }}

{{/* The claim that the database uses; nothing with a database of one's own. */}}
{{- define "habit-tracker.claim" -}}
{{- if not (include "habit-tracker.databaseUrl" .) }}{{ .Values.databaseExistingClaim | default .Values.databaseClaimName }}{{ end }}
{{- end }}

{{/* Whether there is a volume with scheduled dumps, or is to be one: those that were made are worth no less without a schedule. */}}
{{- define "habit-tracker.hasBackups" -}}
{{- if or .Values.backupSchedule (lookup "v1" "PersistentVolumeClaim" .Release.Namespace "habit-tracker-backups") }}true{{ end }}
{{- end }}

{{/* Whether a claim is the release's to declare: it is not there yet, or this release made it. */}}
{{- define "habit-tracker.declares" -}}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .root.Release.Namespace .name }}
{{- $made := eq (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $claim) .root.Release.Name }}
{{- if or (not $claim) (and $made .root.Release.IsUpgrade) }}true{{ end }}
{{- end }}

{{/* The pod's half of the "restricted" Pod Security profile, as the given user. */}}
{{- define "habit-tracker.restrictedPod" -}}
runAsNonRoot: true
runAsUser: {{ int . }}
runAsGroup: {{ int . }}
fsGroup: {{ int . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The container's half, and a root file system that nobody can write. */}}
{{- define "habit-tracker.restrictedContainer" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Requests and limits of a backend, a frontend or a database container. */}}
{{- define "habit-tracker.resources" -}}
{{- $v := .root.Values }}
{{- range $kind := list "Request" "Limit" }}
{{ lower $kind }}s:
  cpu: {{ index $v (print $.of "Cpu" $kind) | quote }}
  memory: {{ index $v (print $.of "Memory" $kind) | quote }}
  ephemeral-storage: {{ index $v (print $.of "EphemeralStorage" $kind) | quote }}
{{- end }}
{{- end }}

{{/* The claim of a volume for one node at a time. */}}
{{- define "habit-tracker.volumeSpec" -}}
accessModes: [ReadWriteOnce]
resources:
  requests:
    storage: {{ .storage | quote }}
{{- with .storageClass }}
storageClassName: {{ . | quote }}
{{- end }}
{{- end }}

{{/* The volume with the database's password, for the pod's group, which is the server's own (fsGroup). */}}
{{- define "habit-tracker.passwordVolume" -}}
name: password
secret:
  secretName: habit-tracker-database
  defaultMode: 0440
{{- end }}

{{/* Lets pods resolve names: the cluster's DNS answers on port 53, over UDP and TCP. */}}
{{- define "habit-tracker.dnsEgress" -}}
to:
  - namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: kube-system
    podSelector:
      matchLabels:
        k8s-app: kube-dns
ports:
  - protocol: UDP
    port: 53
  - protocol: TCP
    port: 53
{{- end }}

{{/* Lets pods connect to an app's port in the same namespace. */}}
{{- define "habit-tracker.egressTo" -}}
to:
  - podSelector:
      matchLabels:
        {{- include "habit-tracker.selector" .app | nindent 8 }}
ports:
  - protocol: TCP
    port: {{ .port }}
{{- end }}

{{/* Lets pods connect to the port that a URL names or implies, anywhere: policies know addresses and pods, but no host names. */}}
{{- define "habit-tracker.egressToUrl" -}}
{{- $url := urlParse . }}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" }}
ports:
  - protocol: TCP
    port: {{ if $port }}{{ atoi $port }}{{ else if eq $url.scheme "https" }}443{{ else }}80{{ end }}
{{- end }}

{{/* Lets pods connect to the ports that a PostgreSQL URL names: it may list several hosts. */}}
{{- define "habit-tracker.egressToDatabase" -}}
{{- $authority := index (splitList "/" .) 2 }}
{{- $ports := list }}
{{- range splitList "," (splitList "@" $authority | last) }}
{{- $ports = append $ports (regexFind ":[0-9]+$" . | trimPrefix ":" | default "5432" | atoi) }}
{{- end }}
ports:
{{- range uniq $ports }}
  - protocol: TCP
    port: {{ . }}
{{- end }}
{{- end }}

{{/* Lets pods connect to HTTPS servers on the Internet, and to none inside (RFC 1918, 3927, 6598, 4193, 4291). */}}
{{- define "habit-tracker.internetEgress" -}}
to:
  - ipBlock:
      cidr: 0.0.0.0/0
      except: [10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
  - ipBlock:
      cidr: ::/0
      except: ["fc00::/7", "fe80::/10"]
ports:
  - protocol: TCP
    port: 443
{{- end }}

{{/* How many characters a text has: `len` counts bytes. */}}
{{- define "habit-tracker.length" -}}
{{- regexFindAll "(?s)." . -1 | len }}
{{- end }}

{{/* How many different ones. */}}
{{- define "habit-tracker.distinct" -}}
{{- regexFindAll "(?s)." . -1 | uniq | len }}
{{- end }}
