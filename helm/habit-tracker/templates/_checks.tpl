{{/*
What values.schema.json cannot say: bounds of quantities, values that are wrong together, and what is in the cluster already.
All problems are reported at once, in the program's words (components/settings.ts, components/ownership.ts).
*/}}
{{- define "habit-tracker.checks" -}}
{{- $problems := concat (include "habit-tracker.valueProblems" . | fromJsonArray) (include "habit-tracker.secretProblems" . | fromJsonArray) (include "habit-tracker.volumeProblems" . | fromJsonArray) }}
{{- if $problems }}
{{- $count := len $problems }}
{{- $lines := list }}
{{- range $index, $problem := $problems }}
{{- $lines = append $lines (printf "%d. %s\n   %s\n   Mend it: %s" (add1 $index) $problem.what $problem.why $problem.next) }}
{{- end }}
{{- fail (printf "\n\n%s to mend before anything is created or changed:\n\n%s\n" (eq $count 1 | ternary "1 problem" (printf "%d problems" $count)) (join "\n\n" $lines)) }}
{{- end }}
{{- end }}

{{/* What gives a value: a secret never in an argument, which the shell's history and the list of processes show, and text as text. */}}
{{- define "habit-tracker.give" -}}
{{- if hasKey (index (.root.Files.Get "files/rules.yaml" | fromYaml) .key) "secret" -}}
{{ .key }} in a values file of your own, mode 0600, with -f FILE
{{- else -}}
{{ kindIs "string" (index .root.Values .key) | ternary "--set-string" "--set" }} {{ .key }}={{ .value }}
{{- end }}
{{- end }}

{{- define "habit-tracker.valueProblems" -}}
{{- $v := .Values }}
{{- $rules := .Files.Get "files/rules.yaml" | fromYaml }}
{{- $problems := list }}
{{- $wrong := list }}

{{- /* each alone */}}
{{- range $key, $rule := $rules }}
{{- $value := index $v $key }}
{{- if hasKey $rule "least" }}
{{- $number := include "habit-tracker.quantity" $value | float64 }}
{{- $least := include "habit-tracker.quantity" $rule.least | float64 }}
{{- $most := include "habit-tracker.quantity" $rule.most | float64 }}
{{- if or (lt $number $least) (gt $number $most) }}{{ $wrong = append $wrong $key }}{{ end }}
{{- end }}
{{- if and (hasKey $rule "secret") $value }}
{{- if or (and $rule.pattern (not (regexMatch $rule.pattern $value))) (lt (include "habit-tracker.length" $value | int) (int $rule.minLength)) (lt (include "habit-tracker.distinct" $value | int) (int $rule.distinct)) }}
{{- $wrong = append $wrong $key }}
{{- end }}
{{- end }}
{{- end }}
{{- if regexMatch "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.|$)){4}$" $v.ingressHost }}
{{- $wrong = append $wrong "ingressHost" }}
{{- end }}
{{- if and $v.backupSchedule (not (include "habit-tracker.isSchedule" $v.backupSchedule)) }}
{{- $wrong = append $wrong "backupSchedule" }}
{{- end }}
{{- range $key := $wrong }}
{{- $rule := index $rules $key }}
{{- $shown := hasKey $rule "secret" | ternary "(not shown)" (index $v $key | toRawJson) }}
{{- $problems = append $problems (dict "what" (printf "%s is %s" $key $shown) "why" (printf "Allowed: %s." $rule.allowed) "next" (include "habit-tracker.give" (dict "root" $ "key" $key "value" "VALUE"))) }}
{{- end }}

{{- if hasPrefix "kube-" .Release.Namespace }}
{{- $problems = append $problems (dict "what" (printf "namespace is %q" .Release.Namespace) "why" "Namespaces that begin with kube- are Kubernetes' own." "next" "--namespace NAME") }}
{{- end }}

{{- /* right alone and wrong together */}}
{{- range $of := list "backend" "frontend" "database" }}
{{- range $kind := list "Cpu" "Memory" "EphemeralStorage" }}
{{- $request := print $of $kind "Request" }}
{{- $limit := print $of $kind "Limit" }}
{{- if not (or (has $request $wrong) (has $limit $wrong)) }}
{{- if gt (include "habit-tracker.quantity" (index $v $request) | float64) (include "habit-tracker.quantity" (index $v $limit) | float64) }}
{{- $problems = append $problems (dict "what" (printf "%s is %s, more than %s with %s" $request (index $v $request) $limit (index $v $limit)) "why" "Kubernetes refuses a pod that asks for more than it may use." "next" (include "habit-tracker.give" (dict "root" $ "key" $request "value" (index $v $limit)))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $tier := list "backend" "frontend" }}
{{- $least := print $tier "Replicas" }}
{{- $most := print $tier "MaxReplicas" }}
{{- $replicas := index $v $least | int }}
{{- $max := index $v $most | int }}
{{- if and $max (or (not $replicas) (gt $replicas $max)) }}
{{- $next := include "habit-tracker.give" (dict "root" $ "key" (gt $replicas 0 | ternary $most $least) "value" (max $replicas 1)) }}
{{- $problems = append $problems (dict "what" (printf "%s is %d, and %s is %d" $most $max $least $replicas) "why" "The autoscaler makes at least one pod, from the one number up to the other." "next" (printf "%s; or, for no autoscaler: --set %s=0" $next $most)) }}
{{- end }}
{{- end }}
{{- $bits := trimPrefix "HS" $v.jwtAlgorithm | atoi }}
{{- range $key := list "jwtSecret" "jwtSecretPrevious" }}
{{- $secret := index $v $key }}
{{- if and $secret (not (has $key $wrong)) (lt (include "habit-tracker.length" $secret | int) (div $bits 8 | int)) }}
{{- $problems = append $problems (dict "what" (printf "%s is too short for the jwtAlgorithm %s" $key $v.jwtAlgorithm) "why" (printf "Allowed: %s." (index $rules $key).allowed) "next" (include "habit-tracker.give" (dict "root" $ "key" $key "value" "VALUE"))) }}
{{- end }}
{{- end }}
{{- $inSecret := list }}
{{- range list "databaseUrl" "jwtSecret" "jwtSecretPrevious" "jwtAlgorithm" "geminiApiKey" }}
{{- $value := index $v . }}
{{- if and $value (not (and (eq . "jwtAlgorithm") (eq $value "HS256"))) }}{{ $inSecret = append $inSecret . }}{{ end }}
{{- end }}
{{- if and $v.existingSecret $inSecret }}
{{- $several := gt (len $inSecret) 1 }}
{{- $problems = append $problems (dict "what" (printf "existingSecret is set, and so %s %s" ($several | ternary "are" "is") (join " and " $inSecret)) "why" (printf "The backend has its secrets from one place. With existingSecret that is the Secret %q, and nothing would read %s." $v.existingSecret ($several | ternary "these" "this")) "next" (printf "once the Secret has what they say, without %s; or, to stay with the values: --set-string existingSecret=" (join " and " $inSecret))) }}
{{- end }}
{{- if not (has "imageRegistryPassword" $wrong) }}
{{- $login := list "imageRegistryUser" "imageRegistryPassword" }}
{{- $given := list }}
{{- range $login }}{{ if index $v . }}{{ $given = append $given . }}{{ end }}{{ end }}
{{- if eq (len $given) 1 }}
{{- $missing := without $login (first $given) | first }}
{{- $problems = append $problems (dict "what" (printf "%s is set, and %s is not" (first $given) $missing) "why" "A login is a user and a password." "next" (include "habit-tracker.give" (dict "root" $ "key" $missing "value" "VALUE"))) }}
{{- else if and $given (not $v.imageRegistry) }}
{{- $problems = append $problems (dict "what" "imageRegistryUser is set, and imageRegistry is not" "why" "A login is for one registry." "next" "--set-string imageRegistry=HOST/PATH") }}
{{- end }}
{{- end }}
{{- if and (eq $v.imagePullPolicy "Never") $v.imageRegistry (not (and $v.backendImage $v.frontendImage)) }}
{{- $problems = append $problems (dict "what" "imagePullPolicy is Never, and images come by a registry (imageRegistry)" "why" "The nodes get such an image by pulling it, and in no other way." "next" "--set-string imagePullPolicy=IfNotPresent") }}
{{- end }}
{{- $lone := empty $v.ingressClassName | ternary "ingressTlsSecretName" "ingressClassName" }}
{{- if and (index $v $lone) (not $v.ingressHost) }}
{{- $problems = append $problems (dict "what" (printf "%s is set, and ingressHost is not" $lone) "why" "Without a host name there is no Ingress." "next" "--set-string ingressHost=HOST") }}
{{- end }}
{{- if and $v.databaseUrl $v.databaseExistingClaim }}
{{- $problems = append $problems (dict "what" "databaseUrl and databaseExistingClaim are both set" "why" "With your own database there is no in-cluster one that could use the claim." "next" "--set-string databaseExistingClaim=") }}
{{- end }}
{{- if and $v.databaseUrl $v.backupSchedule }}
{{- $problems = append $problems (dict "what" "databaseUrl and backupSchedule are both set" "why" "Your own database is backed up where it lives; the schedule is the in-cluster one's." "next" "--set-string backupSchedule=") }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* Whether a text is a schedule as Kubernetes takes it for a CronJob, in numbers: "true" or nothing. */}}
{{- define "habit-tracker.isSchedule" -}}
{{- $fields := splitList " " . }}
{{- $good := eq (len $fields) 5 }}
{{- range $index, $bounds := list (list 0 59) (list 0 23) (list 1 31) (list 1 12) (list 0 6) }}
{{- range $part := splitList "," ($good | ternary (index $fields (min $index (sub (len $fields) 1))) "") }}
{{- if regexMatch "^(\\*|[0-9]+(-[0-9]+)?)(/[1-9][0-9]*)?$" $part }}
{{- $range := regexReplaceAll "/.*$" $part "" }}
{{- if ne $range "*" }}
{{- $from := splitList "-" $range | first | atoi }}
{{- $to := splitList "-" $range | last | atoi }}
{{- if or (lt $from (index $bounds 0)) (gt $from $to) (gt $to (index $bounds 1)) }}{{ $good = false }}{{ end }}
{{- end }}
{{- else }}
{{- $good = false }}
{{- end }}
{{- end }}
{{- end }}
{{- $good | ternary "true" "" }}
{{- end }}

{{/* Whose an object is, in words; nothing where it says neither a stack nor a release. */}}
{{- define "habit-tracker.ownerOf" -}}
{{- $stack := dig "metadata" "labels" "habit-tracker/stack" "" . }}
{{- $release := dig "metadata" "annotations" "meta.helm.sh/release-name" "" . }}
{{- if $stack -}}
the stack {{ dig "metadata" "labels" "app.kubernetes.io/instance" "" . | quote }} (ID {{ $stack }})
{{- else if $release -}}
the release {{ quote $release }}
{{- end }}
{{- end }}

{{/* Has the data of a stack that goes kept, and belong to none: a destroy deletes what has the stack's label (components/removal.ts). */}}
{{- define "habit-tracker.keepStacksData" -}}
pulumi config set databaseRetain true && npm run down, in that stack's project
{{- end }}

{{/* A database's server of somebody else in the release's namespace, whose volume has not been left. */}}
{{- define "habit-tracker.serverProblems" -}}
{{- $v := .Values }}
{{- $namespace := .Release.Namespace }}
{{- $problems := list }}
{{- $server := lookup "apps/v1" "StatefulSet" $namespace "habit-tracker-database" }}
{{- $owner := include "habit-tracker.ownerOf" $server }}
{{- $claim := include "habit-tracker.serversClaim" $server }}
{{- $takesUp := and (not $owner) $claim (eq $claim $v.databaseExistingClaim) }}
{{- if and $server (ne $owner (printf "the release %q" .Release.Name)) (not $takesUp) }}
{{- $take := "" }}
{{- $holds := printf "%s already" ($owner | default "somebody's database") }}
{{- if not $owner }}
{{- $take = "; or, to take it over with its volume: --take-ownership" }}
{{- else if hasPrefix "the stack" $owner }}
{{- $take = printf "; or, in its place: %s, which keeps the database's volume, then" (include "habit-tracker.keepStacksData" .) }}
{{- else }}
{{- $release := dig "metadata" "annotations" "meta.helm.sh/release-name" "" $server }}
{{- $holds = printf "the product already, as the Helm release %q" $release }}
{{- $take = printf "; or, in its place: helm uninstall %s -n %s, which leaves the database's volume, then" $release $namespace }}
{{- end }}
{{- $take = empty $claim | ternary "" (printf "%s --set-string databaseExistingClaim=%s" $take $claim) }}
{{- $problems = append $problems (dict "what" (printf "The namespace %q holds %s" $namespace $holds) "why" "Names are fixed, so both would fight over the same objects, its secrets among them." "next" (printf "--namespace NAME, another one%s" $take)) }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* What is in the cluster already: data that would be left behind, or that PostgreSQL could not read. Without a cluster there is nothing. */}}
{{- define "habit-tracker.volumeProblems" -}}
{{- $problems := include "habit-tracker.serverProblems" . | fromJsonArray }}
{{- /* what is said of the volumes is said of the release's own */}}
{{- if not $problems }}
{{- $problems = include "habit-tracker.claimProblems" . | fromJsonArray }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "habit-tracker.claimProblems" -}}
{{- $v := .Values }}
{{- $namespace := .Release.Namespace }}
{{- $problems := list }}
{{- $wanted := include "habit-tracker.claim" . }}
{{- $server := lookup "apps/v1" "StatefulSet" $namespace "habit-tracker-database" }}
{{- range dig "spec" "template" "spec" "volumes" list $server }}
{{- $left := dig "persistentVolumeClaim" "claimName" "" . }}
{{- if and (eq .name "data") (ne $left $wanted) (ne $v.databaseAbandon (printf "%s/%s" $namespace $left)) }}
{{- $problems = append $problems (dict "what" (printf "The database would no longer use its volume %s/%s" $namespace $left) "why" "Everybody's habits are in it. The new database would be without them." "next" (printf "pg_dump; then, to leave the volume where it is: --set-string databaseAbandon=%s/%s; then pg_restore" $namespace $left)) }}
{{- end }}
{{- end }}
{{- if and .Release.IsUpgrade (not $v.databaseUrl) (not $v.existingSecret) }}
{{- range (lookup "v1" "Secret" $namespace "").items }}
{{- $url := dig "data" "DATABASE_URL" "" . | b64dec }}
{{- if and (eq (dig "annotations" "meta.helm.sh/release-name" "" .metadata) $.Release.Name) $url (not (contains "@habit-tracker-database:" $url)) }}
{{- $problems = append $problems (dict "what" "databaseUrl is not set any more, and the release has a database of its own" "why" "An empty database in the cluster would take its place." "next" (printf "%s, again; to change over: helm uninstall, then helm install" (include "habit-tracker.give" (dict "root" $ "key" "databaseUrl" "value" "")))) }}
{{- end }}
{{- end }}
{{- end }}
{{- $claims := dict }}
{{- if $wanted }}{{ $_ := set $claims $wanted "databaseStorage" }}{{ end }}
{{- if $v.backupSchedule }}{{ $_ := set $claims "habit-tracker-backups" "backupStorage" }}{{ end }}
{{- range $name, $sizeKey := $claims }}
{{- $claim := lookup "v1" "PersistentVolumeClaim" $namespace $name }}
{{- $full := printf "%s/%s" $namespace $name }}
{{- $isDatabase := eq $sizeKey "databaseStorage" }}
{{- $isTakenUp := and $isDatabase (ne $v.databaseExistingClaim "") }}
{{- $annotations := dig "metadata" "annotations" dict $claim }}
{{- $isProduct := eq (dig "metadata" "labels" "app.kubernetes.io/part-of" "" $claim) "habit-tracker" }}
{{- $isOwn := and $.Release.IsUpgrade (eq (dig "meta.helm.sh/release-name" "" $annotations) $.Release.Name) }}
{{- if and (not $claim) $isTakenUp (lookup "v1" "ServiceAccount" $namespace "default") }}
{{- $problems = append $problems (dict "what" (printf "databaseExistingClaim is %q, and there is no such claim in the namespace %q" $name $namespace) "why" "The database would wait for it forever." "next" "kubectl get pvc -A, then --set-string databaseExistingClaim=NAME") }}
{{- else if dig "metadata" "labels" "habit-tracker/stack" "" $claim }}
{{- $then := $isDatabase | ternary (printf "; then --set-string databaseExistingClaim=%s" $name) "" }}
{{- $problems = append $problems (dict "what" (printf "The volume %s is of %s" $full (include "habit-tracker.ownerOf" $claim)) "why" "A destroy of that stack deletes it." "next" (printf "--namespace NAME, another one; or, to hand it over: %s; or, only where that stack's state is lost: kubectl label pvc %s -n %s habit-tracker/stack-%s" (include "habit-tracker.keepStacksData" $) $name $namespace $then)) }}
{{- else if and $claim (not $isOwn) (not $isTakenUp) $isDatabase $isProduct }}
{{- $left := hasKey $annotations "habit-tracker/kept" | ternary (list "a stack was destroyed" "stack") (list "a Helm release was uninstalled" "release") }}
{{- $problems = append $problems (dict "what" (printf "The volume %s was kept when %s, and is there again for the taking" $full (first $left)) "why" (printf "It holds that %s's data." (last $left)) "next" (printf "--set-string databaseExistingClaim=%s" $name)) }}
{{- else if and $claim (not $isOwn) (not $isTakenUp) (not $isProduct) }}
{{- $next := $isDatabase | ternary (printf "--set-string databaseClaimName=NAME, of one that does not exist yet; or, to have the database on this one: --set-string databaseExistingClaim=%s" $name) "--namespace NAME, another one; or --set-string backupSchedule=" }}
{{- $problems = append $problems (dict "what" (printf "The volume %s is there already, and this release did not make it" $full) "why" "What is in it is somebody's." "next" $next) }}
{{- else if $claim }}
{{- $major := include "habit-tracker.postgresMajor" $v.databaseImage }}
{{- $writtenBy := include "habit-tracker.writtenBy" (dict "root" $ "name" $name) }}
{{- if and $isDatabase $major $writtenBy (ne $major $writtenBy) }}
{{- $problems = append $problems (dict "what" (printf "databaseImage is PostgreSQL %s, and the volume %s was written by PostgreSQL %s" $major $full $writtenBy) "why" "PostgreSQL does not read what another major version wrote; it would not start." "next" (printf "pg_dump; --set-string databaseClaimName=habit-tracker-database-%s --set-string databaseAbandon=%s; then pg_restore" $major $full)) }}
{{- end }}
{{- $owner := get $annotations "habit-tracker/postgres-user-id" }}
{{- if and $isDatabase $owner (ne $owner (int $v.databaseUserId | toString)) }}
{{- $problems = append $problems (dict "what" (printf "databaseUserId is %d, and what is in the volume %s belongs to user %s" (int $v.databaseUserId) $full $owner) "why" "PostgreSQL starts on nobody else's files." "next" (printf "--set databaseUserId=%s" $owner)) }}
{{- end }}
{{- if $isOwn }}
{{- $has := $claim.spec.resources.requests.storage }}
{{- $is := include "habit-tracker.quantity" $has | float64 }}
{{- $storage := index $v $sizeKey }}
{{- $asked := include "habit-tracker.quantity" $storage | float64 }}
{{- $class := dig "spec" "storageClassName" "" $claim }}
{{- if lt $asked $is }}
{{- $problems = append $problems (dict "what" (printf "%s is %s, and the volume %s has %s" $sizeKey $storage $full $has) "why" "A volume never gets smaller." "next" (include "habit-tracker.give" (dict "root" $ "key" $sizeKey "value" $has))) }}
{{- else if and (gt $asked $is) (not (dig "allowVolumeExpansion" false (lookup "storage.k8s.io/v1" "StorageClass" "" $class))) }}
{{- $problems = append $problems (dict "what" (printf "%s is %s, and the volume %s has %s" $sizeKey $storage $full $has) "why" (printf "Its storage class %q cannot make a volume larger." $class) "next" (include "habit-tracker.give" (dict "root" $ "key" $sizeKey "value" $has))) }}
{{- end }}
{{- if and $isDatabase $v.storageClass (ne $v.storageClass $class) }}
{{- $problems = append $problems (dict "what" (printf "storageClass is %q, and the volume %s is of the class %q" $v.storageClass $full $class) "why" "A volume keeps its class. One of another class is another, empty one." "next" "--set-string storageClass=") }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}
