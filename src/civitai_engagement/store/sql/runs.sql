-- plan --
-- Say how many media a run is to look at.
update runs set planned = observed + missing + suspect + :planned::integer
where run_id = :run_id and epoch = :epoch and finished_at is null
returning run_id

-- advance --
-- Add what a batch did, if the run is still ours: the row's lock keeps a taker waiting until this batch has ended.
-- Several workers may be at one run: each adds, and is told what all of them have compared.
update runs set
    observed = observed + :observed,
    unchanged = unchanged + :unchanged,
    missing = missing + :missing,
    suspect = suspect + :suspect,
    rejected = rejected + :rejected,
    requests = requests + :requests,
    retries = retries + :retries,
    compared = compared + :compared,
    fell = fell + :fell
where run_id = :run_id and epoch = :epoch and finished_at is null
returning compared, fell

-- finish --
-- Close a run.
update runs set
    finished_at = :now, seconds = coalesce(seconds, 0) + :seconds, coverage = :coverage, error = :error
where run_id = :run_id and epoch = :epoch and finished_at is null
returning run_id

-- get --
-- Give one run.
select * from runs where run_id = :run_id
